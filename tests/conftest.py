"""Fixtures for every test: real servers, shared by the run's workers, and gone when the last one ends."""

import os
import shutil
import signal
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import structlog
from arcwatch.embedded.nats_server import NatsServer
from hypothesis import HealthCheck, settings

from tests.support import postgres as postgres_support
from tests.support.postgres import TestPostgres

_RUN_VARIABLE = "ARCWATCH_TEST_RUN"

# A shell that starts the tests in the background has Ctrl-C ignored, and nohup the hang-up: in every child too.
for _number, _handler in ((signal.SIGINT, signal.default_int_handler), (signal.SIGHUP, signal.SIG_DFL)):
    if signal.getsignal(_number) is signal.SIG_IGN:
        signal.signal(_number, _handler)

# How long an example takes is the machine's affair, as it shares its cores.
settings.register_profile("shared cores", settings(), deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("shared cores")

# Services in the tests' process log as the service does: structlog's default shows every frame's variables, and takes
# seconds for each traceback of a message that fails.
structlog.configure(
    processors=[
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback),
    ]
)


def pytest_configure(config: pytest.Config) -> None:
    """Give the run a folder, and count this process among its users."""
    if _RUN_VARIABLE not in os.environ:
        os.environ[_RUN_VARIABLE] = tempfile.mkdtemp(prefix="arcwatch-test-run-")
        config.add_cleanup(lambda: shutil.rmtree(os.environ.pop(_RUN_VARIABLE), ignore_errors=True))
    descriptor = postgres_support.use(run_dir())
    config.add_cleanup(lambda: os.close(descriptor))


@pytest.hookimpl(optionalhook=True)  # the mutants run without it
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int | None:
    """Run twice as many workers as there are processors: most tests wait for servers most of the time."""
    return 2 * (os.cpu_count() or 1) if config.getoption("numprocesses") == "auto" else None


def run_dir() -> Path:
    """Return the folder that all workers of this run share."""
    return Path(os.environ[_RUN_VARIABLE])


@pytest.fixture(scope="session")
def postgres() -> TestPostgres:
    """Return the run's PostgreSQL, with the migrated template."""
    return postgres_support.attach(run_dir())


@pytest.fixture
async def database_url(postgres: TestPostgres) -> AsyncIterator[str]:
    """Lend a database of the test's own, migrated and empty."""
    name = await postgres.create()
    yield postgres.url(name)
    await postgres.drop(name)


@pytest.fixture
async def empty_database_url(postgres: TestPostgres) -> AsyncIterator[str]:
    """Lend a database of the test's own without any table."""
    name = await postgres.create("template0")
    yield postgres.url(name)
    await postgres.drop(name)


@pytest.fixture
async def nats_server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[NatsServer]:
    """Lend a NATS server of the test's own with JetStream, without users; the topology is not applied."""
    server = NatsServer(tmp_path_factory.mktemp("nats"))
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
def nats_url(nats_server: NatsServer) -> str:
    """Return the URL of the test's own NATS."""
    return nats_server.url()
