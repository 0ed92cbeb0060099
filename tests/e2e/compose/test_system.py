"""Promise: `docker compose up --scale ingester=3` is a system that works, mends itself, and may no more than it must.

It needs a Docker Engine with compose: `make test-compose` runs it. The tests share one deployment and a local Hub.
"""

import asyncpg
import pytest
from arcwatch.embedded.nats_conf import PERMISSIONS

from tests.support.compose import docker
from tests.support.composed import INGESTERS, LANDING_SECONDS, MODELS, REPLICAS, Client, System, client_of, files_of
from tests.support.eventually import eventually

pytestmark = [pytest.mark.compose, pytest.mark.timeout(1200)]

SERVICES = ("watcher", "ingester", "query-api")
RUNNING = ("nats", "postgres", *SERVICES, "proxy", "prometheus", "alertmanager")
HOW_MANY = {"ingester": INGESTERS, "query-api": REPLICAS}
CHANGES_OF_THE_BUS = (
    ("watcher", "$JS.API.STREAM.DELETE.ARCWATCH"),
    ("ingester", "$JS.API.STREAM.PURGE.ARCWATCH"),
    ("query-api", "$JS.API.CONSUMER.DELETE.ARCWATCH.ingester"),
)


def others_events() -> list[tuple[str, str]]:
    """Return each service with what others publish and it may not."""
    published = {user: {each for each in may.publish if each[0] not in "$>"} for user, may in PERMISSIONS.items()}
    everything = set().union(*published.values())
    return [(user, subject) for user in SERVICES for subject in sorted(everything - published[user])]


async def test_models_land_exactly_once_and_all_ingesters_take_part(system: System, client: Client) -> None:
    wanted = {f"model-{number}": files_of(number) for number in range(MODELS)}

    async def all_there() -> bool:
        return wanted.keys() <= await client.models()

    await client.sync()
    await eventually(all_there, LANDING_SECONDS)
    for model, files in wanted.items():
        await client.landed_once(model, files)
    took_part = {row["ingester"] for row in await client.pool.fetch("SELECT DISTINCT ingester FROM ingestion_runs")}
    assert took_part == {f"ingester-{each.hostname}" for each in system.compose.containers("ingester")}
    assert len(took_part) == INGESTERS


@pytest.mark.parametrize("service", RUNNING)
def test_a_container_is_healthy_and_may_nothing(system: System, service: str) -> None:
    containers = system.compose.containers(service)
    assert len(containers) == HOW_MANY.get(service, 1)
    for container in containers:
        assert container.healthy
        status = dict(line.split(":\t", 1) for line in container.read("/proc/1/status").splitlines() if ":\t" in line)
        assert "0" not in status["Uid"].split()
        assert int(status["CapEff"], 16) == int(status["CapPrm"], 16) == 0
        assert status["NoNewPrivs"] == "1"
        root = next(line for line in container.read("/proc/1/mounts").splitlines() if line.split()[1] == "/")
        assert "ro" in root.split()[3].split(",")
        host = container.inspected()["HostConfig"]
        assert host["Memory"] > 0 < host["NanoCpus"]
        assert host["PidsLimit"] == 256


# As docs/sizing.md says: the query API's holds pyarrow.
@pytest.mark.parametrize(
    ("image", "megabytes"), [("watcher", 185), ("ingester", 185), ("cli", 185), ("query-api", 300)]
)
def test_an_image_is_no_larger_than_it_was(system: System, image: str, megabytes: int) -> None:
    del system  # which has made all but one
    docker("compose", "build", image)
    assert int(docker("image", "inspect", "--format", "{{.Size}}", f"arcwatch/{image}:0.1.0")) < megabytes * 1_000_000


def test_no_secret_is_in_a_container_settings(system: System) -> None:
    secrets = {path.name: path.read_text() for path in system.compose.secrets.rglob("*") if path.is_file()}
    for service in (*RUNNING, "migrate"):
        for container in system.compose.containers(service):
            settings = str(container.inspected())
            assert [name for name, value in secrets.items() if value and value in settings] == []


@pytest.mark.parametrize(("user", "subject"), [*others_events(), *CHANGES_OF_THE_BUS])
async def test_nats_refuses_what_is_not_a_services_part(system: System, user: str, subject: str) -> None:
    refusals: list[str] = []

    async def note(error: Exception) -> None:
        refusals.append(str(error).lower())

    async with system.compose.on_nats(user, error_cb=note, allow_reconnect=False) as connection:
        await connection.publish(subject, b"{}")
        await eventually(lambda: any(f'publish to "{subject.lower()}"' in each for each in refusals))


async def test_services_are_no_superusers_and_the_query_api_cannot_write(system: System, client: Client) -> None:
    async def users() -> dict[str, set[str]]:
        found = await client.pool.fetch(
            "SELECT usename, client_addr::text FROM pg_stat_activity WHERE client_addr IS NOT NULL"
        )
        by_address = {
            address: name for name in SERVICES for each in system.compose.containers(name) for address in each.addresses
        }
        result: dict[str, set[str]] = {}
        for user, address in found:
            if name := by_address.get(address.partition("/")[0]):
                result.setdefault(name, set()).add(user)
        return result

    roles = {"query-api": "reader", "ingester": "writer", "watcher": "watcher"}
    wanted = {name: {f"arcwatch_{roles[name]}"} for name in SERVICES}

    async def all_there() -> bool:
        return await users() == wanted

    await eventually(all_there, 60)
    reader = await asyncpg.connect(system.compose.url_in_network("database_url_reader", "postgres"))
    try:
        await reader.execute("SET default_transaction_read_only = off")
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="permission denied"):
            await reader.execute("DELETE FROM explanations")
    finally:
        await reader.close()


async def test_prometheus_scrapes_everything_and_alertmanager_hears_of_it(system: System, client: Client) -> None:
    prometheus, alertmanager = system.compose.url("prometheus", 9090), system.compose.url("alertmanager", 9093)

    async def up() -> dict[str, int]:
        found: dict[str, int] = {}
        for target in (await client.get("/api/v1/targets", prometheus))["data"]["activeTargets"]:
            assert target["health"] == "up", target["lastError"]
            found[target["labels"]["job"]] = found.get(target["labels"]["job"], 0) + 1
        return found

    async def all_up() -> bool:
        return await up() == {
            "arcwatch-watcher": 1,
            "arcwatch-ingester": INGESTERS,
            "arcwatch-query-api": REPLICAS,
            "prometheus": 1,
            "alertmanager": 1,
        }

    async def watchdog() -> bool:
        alerts = await client.get("/api/v2/alerts", alertmanager)
        return "ArcwatchWatchdog" in {each["labels"]["alertname"] for each in alerts}

    await eventually(all_up, 60)
    await eventually(watchdog, 90)


async def test_killed_ingesters_are_replaced_and_their_work_is_done_once(system: System, client: Client) -> None:
    victims = system.compose.containers("ingester")
    began = [each.inspected()["State"]["StartedAt"] for each in victims]
    work = {f"crash-{number}": files_of(number, of=120) for number in range(12)}
    for model, files in work.items():
        system.publish(model, files)
    await client.sync()
    for victim in victims:
        victim.crash()

    async def all_there() -> bool:
        return work.keys() <= await client.models()

    await eventually(all_there, LANDING_SECONDS)
    for model, files in work.items():
        await client.landed_once(model, files)
    for victim, before in zip(victims, began, strict=True):
        await eventually(lambda victim=victim: victim.healthy, LANDING_SECONDS)  # type: ignore[misc]
        assert victim.inspected()["State"]["StartedAt"] != before
        assert victim.inspected()["RestartCount"] >= 1


async def test_a_model_lands_after_nats_was_restarted(system: System, client: Client) -> None:
    system.compose("restart", "nats")
    await client.land("after-a-restart", files_of(30))


async def test_streams_from_before_there_were_accounts_come_along(system: System, client: Client) -> None:
    async def messages() -> dict[str | None, int]:
        async with system.compose.on_nats("admin") as admin:
            return {each.config.name: each.state.messages for each in await admin.jetstream().streams_info()}

    before = await messages()
    assert before["ARCWATCH"] > 0
    system.compose("stop", "nats")
    as_it_was = ("/data/jetstream/ARCWATCH", "/data/jetstream/$G")
    system.compose("run", "--rm", "--no-deps", "--entrypoint", "mv", "nats", *as_it_was)
    system.compose("up", "--wait", "--no-recreate", "nats")
    after = await messages()
    assert after.keys() == before.keys()
    assert all(after[name] >= before[name] for name in before)
    await client.land("after-accounts", files_of(20))


async def test_a_model_lands_after_postgres_was_restarted(system: System, client: Client) -> None:
    system.compose("restart", "postgres")
    await client.land("after-another-restart", files_of(10))


@pytest.mark.neighbour("Docker", "containers start in any order, PostgreSQL last", "they wait, and work")
async def test_containers_may_start_in_any_order(system: System) -> None:
    """As after a restart of the machine, where no `depends_on` counts."""
    system.compose("stop")
    for service in ("prometheus", "alertmanager", "proxy", *SERVICES, "nats"):
        for each in system.compose.containers(service):
            docker("start", each.name)
    await eventually(lambda: "database.waiting" in system.compose("logs", "--since", "1m", "query-api"), 60)
    (database,) = system.compose.containers("postgres")
    docker("start", database.name)
    await eventually(lambda: all(each.healthy for each in system.compose.containers("query-api")), LANDING_SECONDS)
    async with client_of(system) as client:
        await client.land("after-the-machine", files_of(15))


def test_the_profile_with_grafana_is_valid(system: System) -> None:
    assert "grafana" in system.compose("--profile", "grafana", "config", "--services").split()
