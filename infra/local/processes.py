"""The processes of a local stack: started detached, known by pid and birth, ended as groups."""

import json
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from infra.local.settings import HOST, ROOT, Settings, StackError

_STOP_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Child:
    """A process that leads a group of its own.

    Args:
        born: when the system started it, as the system writes it; tells it from a later process
            that was given the same pid.
    """

    name: str
    pid: int
    born: str


class Ledger:
    """The stack's processes and scratch folders, written down for whoever ends them."""

    def __init__(self, settings: Settings) -> None:
        self._file = settings.work / "pids.json"
        self._work = settings.work

    def start(self, name: str, command: Sequence[str], environment: Mapping[str, str]) -> Child:
        """Start a process that outlives its parent, its output in a log of its name."""
        return self._launch(name, command, environment)[0]

    def run(
        self, name: str, command: Sequence[str], environment: Mapping[str, str], seconds: float
    ) -> None:
        """Run a command to its end, its output in a log of its name.

        Raises:
            StackError: it failed or took longer than `seconds`; quotes the log.
        """
        child, process = self._launch(name, command, environment)
        try:
            code = process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            raise StackError(
                f"{name} took longer than {seconds:g} s:\n{tail(self.log(name))}"
            ) from None
        finally:
            _signal(child, signal.SIGKILL)
            process.wait()
            children, scratch = self._read()
            self._write([other for other in children if other != child], scratch)
        if code != 0:
            raise StackError(f"{name} failed (exit code {code}):\n{tail(self.log(name))}")

    def own(self, scratch: Path) -> None:
        """Remember a folder to be removed with the stack."""
        children, folders = self._read()
        self._write(children, [*folders, str(scratch)])

    def log(self, name: str) -> Path:
        """Where a process writes."""
        return self._work / f"{name}.log"

    def living(self) -> list[Child]:
        """Which of them still run."""
        return [child for child in self._read()[0] if _is_ours(child)]

    def stop(self, but: int | None = None) -> list[Child]:
        """End them all, politely and then firmly, and return those that were running.

        Args:
            but: a pid to spare, that of the caller where it is one of them.
        """
        children, scratch = self._read()
        running = [child for child in children if child.pid != but and _is_ours(child)]
        for child in running:
            _signal(child, signal.SIGTERM)
        deadline = time.monotonic() + _STOP_SECONDS
        while any(_members(child.pid) for child in running) and time.monotonic() < deadline:
            time.sleep(0.05)
        for child in running:
            _signal(child, signal.SIGKILL)
        for folder in scratch:
            shutil.rmtree(folder, ignore_errors=True)
        self._file.unlink(missing_ok=True)
        return running

    def wait_for(self, child: Child, address: str, seconds: float) -> None:
        """Wait until an address answers anything at all.

        Raises:
            StackError: it does not within `seconds`, or the process ended; quotes its log.
        """
        deadline = time.monotonic() + seconds
        while True:
            try:
                with urlopen(address, timeout=2):
                    return
            except (URLError, OSError):
                pass
            if not _is_ours(child):
                raise StackError(f"{child.name} ended at once:\n{tail(self.log(child.name))}")
            if time.monotonic() > deadline:
                raise StackError(
                    f"{child.name} did not answer within {seconds:g} s:\n"
                    f"{tail(self.log(child.name))}"
                )
            time.sleep(0.05)

    def _launch(
        self, name: str, command: Sequence[str], environment: Mapping[str, str]
    ) -> tuple[Child, subprocess.Popen[bytes]]:
        with self.log(name).open("wb") as log:
            process = subprocess.Popen(
                command,
                cwd=ROOT,
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        child = Child(name, process.pid, _born(process.pid) or "")
        children, scratch = self._read()
        self._write([*children, child], scratch)
        return child, process

    def _read(self) -> tuple[list[Child], list[str]]:
        if not self._file.exists():
            return [], []
        content = json.loads(self._file.read_text())
        return [Child(**child) for child in content["children"]], content["scratch"]

    def _write(self, children: Sequence[Child], scratch: Sequence[str]) -> None:
        content = {"children": [asdict(child) for child in children], "scratch": scratch}
        replace(self._file, json.dumps(content, indent=2))


def replace(file: Path, text: str, mode: int = 0o644) -> None:
    """Write a file so that a reader sees the old text or the new, never a part."""
    fresh = file.with_name(f".{file.name}.{os.getpid()}")
    fresh.touch(mode=mode)
    fresh.write_text(text)
    fresh.replace(file)


def check_ports(settings: Settings) -> None:
    """Make sure that nobody else listens where the stack will.

    Raises:
        StackError: a port is taken; says which, and how to choose another.
    """
    for name, port in settings.ports.items():
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except OSError as error:
                raise StackError(
                    f"Port {port} is taken by another process. End it, or choose another port:"
                    f" REDIAL_{name}_PORT={port + 10000 if port < 50000 else port - 10000}"
                ) from error


def tail(log: Path, lines: int = 25) -> str:
    """The end of a log, with its name."""
    text = log.read_text(errors="replace").splitlines()[-lines:] if log.exists() else []
    return "\n".join([*(f"    {line}" for line in text), f"(the end of {log.relative_to(ROOT)})"])


def watch(pid: int) -> Callable[[], bool]:
    """A question to ask again later: does this very process still run?"""
    child = Child("owner", pid, _born(pid) or "")
    return lambda: _born(child.pid) == child.born


def _is_ours(child: Child) -> bool:
    """Whether the process runs, or has ended and left others of its group behind.

    A pid is not given away while a group bears its number, so such a group is ours too.
    """
    born = _born(child.pid)
    return born == child.born if born else bool(_members(child.pid))


def _signal(child: Child, number: signal.Signals) -> None:
    if _members(child.pid):
        os.killpg(child.pid, number)


# Where there is no /proc, ps knows the same. A process that has ended and waits to be collected
# (state Z) counts as gone: a container without an init never collects it.


def _born(pid: int) -> str | None:
    if Path("/proc/self/stat").exists():
        fields = _stat(pid)
        return fields[19] if fields and fields[0] != "Z" else None
    listed = _ps("-o", "stat=,lstart=", "-p", str(pid)).split(maxsplit=1)
    return listed[1].strip() if len(listed) == 2 and not listed[0].startswith("Z") else None


def _members(group: int) -> list[int]:
    if Path("/proc/self/stat").exists():
        pids = [int(entry) for entry in os.listdir("/proc") if entry.isdecimal()]
        stats = {pid: _stat(pid) for pid in pids}
        return [p for p, f in stats.items() if f and f[0] != "Z" and int(f[2]) == group]
    rows = [line.split() for line in _ps("-axo", "pid=,pgid=,stat=").splitlines()]
    return [int(p) for p, pgid, state in rows if int(pgid) == group and state[0] != "Z"]


def _stat(pid: int) -> list[str]:
    """Fields of /proc/pid/stat from the third on (proc(5)): state, ppid, pgrp, ... starttime."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def _ps(*arguments: str) -> str:
    return subprocess.run(["ps", *arguments], capture_output=True, text=True, check=False).stdout
