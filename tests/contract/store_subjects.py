"""The stores that the contract is held against: in memory, over moto, and over MiniStack.

The tables are made from the template, so that no key or index can differ from what is deployed.
"""

import itertools
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import yaml  # type: ignore[import-untyped]
from botocore.session import get_session

_HOST = "127.0.0.1"
_TEMPLATE = Path(__file__).resolve().parents[2] / "template.yaml"
_ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_DEFAULT_REGION": "us-east-1",
}
_numbers = itertools.count(1)


class _Template(yaml.SafeLoader):  # type: ignore[misc]
    """YAML with CloudFormation's tags, whose meaning does not matter here."""


def _tag(loader: _Template, suffix: str, node: yaml.Node) -> Any:
    if isinstance(node, yaml.MappingNode):
        return loader.construct_mapping(node)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node)
    return loader.construct_scalar(node)


_Template.add_multi_constructor("!", _tag)


@contextmanager
def aws_environment(endpoint: str | None) -> Iterator[None]:
    """Made-up credentials, and where clients made from now on send their requests."""
    wanted: dict[str, str | None] = {**_ENVIRONMENT, "AWS_ENDPOINT_URL": endpoint}
    before = {name: os.environ.get(name) for name in wanted}
    _set(wanted)
    try:
        yield
    finally:
        _set(before)


def _set(environment: dict[str, str | None]) -> None:
    for name, value in environment.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value


def make_table() -> str:
    """Create the template's table under a name of its own; returns the name."""
    template = yaml.load(_TEMPLATE.read_text(), _Template)
    wanted = template["Resources"]["Table"]["Properties"]
    name = f"redial-{os.getpid()}-{next(_numbers)}"
    dynamodb: Any = get_session().create_client("dynamodb")
    dynamodb.create_table(
        TableName=name,
        **{
            part: wanted[part]
            for part in (
                "BillingMode",
                "AttributeDefinitions",
                "KeySchema",
                "GlobalSecondaryIndexes",
            )
        },
    )
    return name


@contextmanager
def ministack(scratch: Path) -> Iterator[str]:
    """The address of a private MiniStack, or of the one that REDIAL_LOCAL_AWS names."""
    if running := os.environ.get("REDIAL_LOCAL_AWS"):
        yield running
        return
    port = _free_port()
    environment = {
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.defpath]),
        "HOME": str(scratch),
        "TMPDIR": str(scratch),
        "GATEWAY_PORT": str(port),
        "BIND_HOST": _HOST,
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
    }
    with (scratch / "ministack.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "ministack"],
            cwd=scratch,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        address = f"http://{_HOST}:{port}"
        _wait_for(f"{address}/_ministack/health", process, scratch / "ministack.log")
        yield address
    finally:
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((_HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_for(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urlopen(address, timeout=2):
                return
        except (URLError, OSError):
            time.sleep(0.05)
    raise RuntimeError(f"MiniStack did not start:\n{log.read_text(errors='replace')[-2000:]}")
