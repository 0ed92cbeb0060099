"""One deployment in containers for all tests of this folder."""

from collections.abc import AsyncIterator, Iterator

import pytest

from tests.support.alert_rules import ROOT
from tests.support.compose import Compose, local_hub
from tests.support.composed import INGESTERS, MODELS, Client, System, client_of, files_of
from tests.support.submissions import V2

LOG = ROOT / "artifacts" / "compose.log"  # what the containers said, of the last run


@pytest.fixture(scope="session")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    folder = tmp_path_factory.mktemp("compose")
    (folder / "hub").mkdir()
    with local_hub(folder / "hub") as url:
        # The name in an operator's .env, which no two replicas may have.
        settings = {"HF_ENDPOINT": url, "HF_DATASETS": V2, "ARCWATCH_INSTANCE": "mine"}
        compose = Compose(folder / "secrets", settings)
        running = System(compose, folder / "hub")
        for number in range(MODELS):
            running.publish(f"model-{number}", files_of(number))
        try:
            compose("build", "cli")
            compose("up", "--build", "--wait", "--scale", f"ingester={INGESTERS}")
            yield running
        finally:
            LOG.parent.mkdir(exist_ok=True)
            LOG.write_text(compose("logs", "--no-color", "--timestamps"))
            compose.down()


@pytest.fixture
async def client(system: System) -> AsyncIterator[Client]:
    async with client_of(system) as client:
        yield client
