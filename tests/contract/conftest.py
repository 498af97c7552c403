"""Where the contract tests get their stores from."""

from collections.abc import Iterator

import pytest
from moto import mock_aws

from shared.adapters.dynamodb.store import DynamoStore
from shared.adapters.dynamodb.tables import connect
from shared.application.store import Store
from tests.contract.store_subjects import aws_environment, make_table, ministack
from tests.fakes.memory_store import MemoryStore

# Items expire by real time; what the time is does not matter here.
EPOCH = 1_800_000_000.0


@pytest.fixture(autouse=True)
def forgotten_tables() -> Iterator[None]:
    """Each test has a table of its own: models and client of the one before are not kept."""
    yield
    connect.cache_clear()


@pytest.fixture(scope="session")
def local_aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with ministack(tmp_path_factory.mktemp("ministack")) as address:
        yield address


@pytest.fixture
def ministack_store(local_aws: str) -> Iterator[DynamoStore]:
    with aws_environment(local_aws):
        yield DynamoStore(make_table(), lambda: EPOCH)


@pytest.fixture
def moto_store() -> Iterator[DynamoStore]:
    with aws_environment(None), mock_aws():
        yield DynamoStore(make_table(), lambda: EPOCH)


@pytest.fixture(
    params=[
        "memory",
        "moto",
        pytest.param("ministack", marks=pytest.mark.xdist_group("ministack")),
    ]
)
def store(request: pytest.FixtureRequest) -> Store:
    if request.param == "memory":
        return MemoryStore()
    store: Store = request.getfixturevalue(f"{request.param}_store")
    return store
