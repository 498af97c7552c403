"""One local stack for all of these tests: the very template, deployed once, on ports of its own."""

import socket
from collections.abc import Iterator

import pytest

from infra.local.settings import HOST, ROOT, Settings
from infra.local.stack import running
from tests.e2e.customer import Customer
from tests.e2e.half_hour import HalfHour, play
from tests.e2e.local_stack import LocalStack

# Below the range from which systems take ports for outgoing connections.
_PORTS = range(14560, 30000, 10)


@pytest.fixture(scope="session")
def stack() -> Iterator[LocalStack]:
    """The stack, with a price, and with operators who offer the day after tomorrow."""
    settings = _settings()
    with running(settings, print) as summary:
        local = LocalStack(settings, summary)
        local.open_for_business()
        yield local


@pytest.fixture(scope="session")
def anna(stack: LocalStack) -> Customer:
    """A customer, who speaks Russian."""
    return Customer(stack, "customer", "+12025550111")


@pytest.fixture(scope="session")
def boris(stack: LocalStack) -> Customer:
    """Another customer."""
    return Customer(stack, "customer_2", "+12025550113")


@pytest.fixture(scope="session")
def half_hour(stack: LocalStack, anna: Customer, boris: Customer) -> HalfHour:
    """Two holds that run out, and a session."""
    return play(stack, anna, boris)


def _settings() -> Settings:
    """A stack beside that of `make up`, and of another run of these tests."""
    for port in _PORTS:
        if all(_is_free(each) for each in range(port, port + 4)):
            work = ROOT / "build" / f"e2e-{port}"
            return Settings(port, port + 1, port + 2, port + 3, work)
    raise RuntimeError("no four ports in a row are free")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True
