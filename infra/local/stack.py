"""The local stack as a whole: `python -m infra.local.stack up|down|status`.

Scripts use `running()`: a stack that lives as long as the block, whatever ends it.
"""

import argparse
import contextlib
import json
import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from types import FrameType
from typing import Any
from urllib.request import Request, urlopen

from infra.local import deploy, users, warmth
from infra.local.processes import Child, Ledger, check_ports, replace
from infra.local.settings import HOST, NUMBER, REGION, Keys, Settings, StackError

# Every worker unpacks its layers into the scratch folder: about 50 MB, for some thirty of them.
_SCRATCH_BYTES = 3 * 2**30
_SHARED_MEMORY = Path("/dev/shm")
# What the schedule of template.yaml would invoke every minute, or every hour: that one then mostly
# sees that nothing is to be done.
_EVERY_MINUTE = frozenset(
    {"DueSweep", "CallsSweep", "PaymentsSweep", "WatchSweep", "ReliabilitySweep"}
)

type Tell = Callable[[str], None]


def up(settings: Settings, tell: Tell, owner: int | None = None) -> dict[str, Any]:
    """Start everything, deploy, sign the users in, and return (and write) the summary.

    Args:
        settings: ports and places.
        tell: hears what is being done, a line at a time.
        owner: pid of a process with whose end the stack ends too, where there is one.

    Raises:
        StackError: something did not work; nothing is left running.
    """
    ledger = Ledger(settings)
    settings.work.mkdir(parents=True, exist_ok=True)
    if ledger.living():
        raise StackError("The local stack is already up; `make down` ends it.")
    check_ports(settings)
    try:
        return _up(settings, ledger, tell, owner)
    except BaseException:
        down(settings)
        raise


def down(settings: Settings) -> list[str]:
    """End what runs, and return the names of it."""
    settings.summary.unlink(missing_ok=True)
    return [child.name for child in Ledger(settings).stop()]


@contextlib.contextmanager
def running(settings: Settings, tell: Tell) -> Iterator[dict[str, Any]]:
    """A stack for the length of a block; Ctrl-C, SIGTERM, a failure or a crash end it too."""
    before = signal.signal(signal.SIGTERM, _end)
    # A shell starts background jobs deaf to Ctrl-C; whoever sends it all the same means it.
    keyboard = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        summary = up(settings, tell, owner=os.getpid())
        try:
            yield summary
        finally:
            down(settings)
    finally:
        signal.signal(signal.SIGTERM, before)
        signal.signal(signal.SIGINT, keyboard)


def _end(number: int, frame: FrameType | None) -> None:
    raise SystemExit(128 + number)


def _up(settings: Settings, ledger: Ledger, tell: Tell, owner: int | None) -> dict[str, Any]:
    begun = time.monotonic()

    def step(text: str) -> None:
        tell(f"{time.monotonic() - begun:5.1f} s  {text}")

    keys = Keys()
    step("starting the local AWS, the payment double, the phone exchange and the conductor")
    _start(settings, ledger, keys, owner)
    step("building the functions and their layers (sam build)")
    deploy.build(settings, ledger)
    step("deploying template.yaml (sam deploy)")
    deployed = deploy.deploy(settings, ledger, keys)
    _post(f"{settings.payments}/_control/webhook", {"url": f"{deployed.api}/v1/webhooks/stripe"})
    inbound = {
        "voice_url": f"{deployed.api}/v1/voice/inbound",
        "status_callback": f"{deployed.api}/v1/voice/status",
    }
    _post(f"{settings.exchange}/_control/inbound-url", inbound)
    step("signing the test users in")
    people = users.create(settings, deployed)
    step("warming the functions")
    for name in warmth.warm(settings, deployed):
        step(f"{name} failed its first call, see {ledger.log('aws')}")
    sweeps = [function for name, function in deployed.functions.items() if name in _EVERY_MINUTE]
    timers = deployed.queues["Timers"]
    targets = {"table": deployed.table, "timers": timers, "sweeps": sweeps}
    _post(f"{settings.control}/targets", targets)
    summary = {
        "api": deployed.api,
        "payments": settings.payments,
        "exchange": settings.exchange,
        "control": settings.control,
        "aws": settings.aws,
        "region": REGION,
        "table": deployed.table,
        "number": NUMBER,
        "stripe_api_key": keys.stripe_api_key,
        "functions": deployed.functions,
        "queues": deployed.queues,
        "users": {name: asdict(user) for name, user in people.items()},
    }
    replace(settings.summary, json.dumps(summary, indent=2) + "\n", mode=0o600)
    step(f"ready: {deployed.api}")
    return summary


def _start(settings: Settings, ledger: Ledger, keys: Keys, owner: int | None) -> None:
    def module(name: str, *arguments: str) -> list[str]:
        return [sys.executable, "-m", name, *arguments]

    clean = {
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.defpath]),
        "HOME": str(settings.work),
        "LANG": "C.UTF-8",
    }
    ports = {f"REDIAL_{name}_PORT": str(port) for name, port in settings.ports.items()}
    watched = () if owner is None else ("--owner", str(owner))
    steering = module("infra.local.conductor", "--work", str(settings.work), *watched)
    conductor = ledger.start("conductor", steering, clean | ports)
    # The functions inherit this environment whole, so nothing of the user's may be in it.
    aws = ledger.start(
        "aws",
        module("ministack"),
        clean
        | {
            "TMPDIR": str(_scratch(settings, ledger)),
            "GATEWAY_PORT": str(settings.aws_port),
            "BIND_HOST": HOST,
            "IOT_MTLS_ENABLED": "0",
            "SFTP_ENABLED": "0",
            # Warmed workers stay for as long as somebody tries things by hand.
            "LAMBDA_WARM_TTL_SECONDS": "86400",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
        },
    )
    ledger.wait_for(conductor, f"{settings.control}/clock", seconds=20)
    doubles: list[tuple[Child, str]] = []
    clock = ("--clock-file", str(settings.clock_file))
    payments = module(
        "infra.local.payments.server",
        *("--port", str(settings.payments_port), *clock),
        *("--api-key", keys.stripe_api_key, "--webhook-secret", keys.stripe_webhook_secret),
    )
    doubles.append((ledger.start("payments", payments, clean), settings.payments))
    exchange = module(
        "infra.local.exchange.server",
        *("--port", str(settings.exchange_port), *clock, "--number", NUMBER),
        *("--account-sid", keys.twilio_account_sid, "--auth-token", keys.twilio_auth_token),
    )
    doubles.append((ledger.start("exchange", exchange, clean), settings.exchange))
    ledger.wait_for(aws, f"{settings.aws}/_ministack/health", seconds=30)
    for child, address in doubles:
        ledger.wait_for(child, f"{address}/_control/state", seconds=20)


def _scratch(settings: Settings, ledger: Ledger) -> Path:
    """A folder for unpacked functions, in memory where there is room for it."""
    roomy = _SHARED_MEMORY.is_dir() and shutil.disk_usage(_SHARED_MEMORY).free > _SCRATCH_BYTES
    parent = _SHARED_MEMORY if roomy and os.access(_SHARED_MEMORY, os.W_OK) else settings.work
    folder = Path(tempfile.mkdtemp(prefix="redial-", dir=parent))
    ledger.own(folder)
    return folder


def _post(address: str, body: dict[str, Any]) -> None:
    headers = {"Content-Type": "application/json"}
    with urlopen(Request(address, json.dumps(body).encode(), headers), timeout=10):
        pass


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="infra.local.stack", description=__doc__)
    parser.add_argument("command", choices=["up", "down", "status"])
    command = parser.parse_args().command
    signal.signal(signal.SIGTERM, _end)
    try:
        settings = Settings.from_environment()
        if command == "up":
            up(settings, lambda line: print(line, flush=True))
            print(f"addresses and test users: {settings.summary}\n`make down` ends it")
        elif command == "down":
            print(f"ended: {', '.join(down(settings)) or 'nothing was running'}")
        else:
            living = Ledger(settings).living()
            print("\n".join(f"{child.name}: pid {child.pid}" for child in living) or "down")
            sys.exit(0 if living else 1)
    except StackError as error:
        sys.exit(f"error: {error}")
    except KeyboardInterrupt:
        sys.exit("stopped; nothing is left running")


if __name__ == "__main__":
    main()
