"""A server on loopback that gives the recorded answers of one invocation, in their order."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from infra.bench.wire import Exchange, operation_of
from infra.local.settings import HOST

_OURS_TO_SAY = frozenset(
    {"connection", "content-length", "content-type", "date", "server", "transfer-encoding"}
)


class Replay:
    """Answers as recorded, and notes a request that was not.

    Attributes:
        address: where it listens.
        mismatch: what was asked instead of what was recorded.
    """

    def __init__(self, address: str) -> None:
        self.address = address
        self.mismatch: str | None = None
        self._exchanges: Sequence[Exchange] = ()
        self._next = 0

    def load(self, exchanges: Sequence[Exchange]) -> None:
        """Start over with these."""
        self._exchanges, self._next, self.mismatch = exchanges, 0, None

    @property
    def played(self) -> bool:
        """Whether everything was asked for."""
        return self._next == len(self._exchanges)

    def answer(self, operation: str) -> Exchange | None:
        """The next answer, if it is the one to this operation."""
        expected = self._exchanges[self._next] if not self.played else None
        if expected is None or expected.operation != operation:
            self.mismatch = (
                f"{operation} instead of {expected.operation if expected else 'nothing'}"
            )
            return None
        self._next += 1
        return expected


@contextmanager
def replaying() -> Iterator[Replay]:
    """Serve for the length of a block."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            operation = operation_of(self.command, self.path, dict(self.headers), body)
            found = replay.answer(operation)
            content = found.answer if found else b"{}"
            self.send_response(found.status if found else 400)
            for name, value in found.headers.items() if found else ():
                if name not in _OURS_TO_SAY or name == "content-type":
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_POST = do_GET

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer((HOST, 0), Handler)
    server.daemon_threads = True
    replay = Replay(f"http://{HOST}:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield replay
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
