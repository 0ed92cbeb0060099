"""Every setting of .env.example reaches the containers that use it, with the default that it says.

docker-compose.yml takes values from the shell or from `.env`: what counts is that it asks for each by its name.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from common.process.settings import ServiceSettings
from common.provision import Settings as ProvisionSettings
from ingester.settings import Settings as IngesterSettings
from notifier.settings import Settings as NotifierSettings
from query_api.settings import Settings as QueryApiSettings
from watcher.settings import Settings as WatcherSettings

from tests.support.alert_rules import ROOT

TEXT = (ROOT / "docker-compose.yml").read_text()
SERVICES: dict[str, dict[str, Any]] = yaml.safe_load(TEXT)["services"]
EXAMPLE = (ROOT / ".env.example").read_text()
# A comment is set off by two spaces or more; the schedule has single ones.
DEFAULTS: dict[str, str] = dict(re.findall(r"^#([A-Z_]+)=(.*?)(?: {2,}#.*)?$", EXAMPLE, re.MULTILINE))
OF_EVERY_SERVICE = {
    name
    for name in DEFAULTS
    if name.endswith("_PROXY") or name.startswith("OTEL_") or name in {"SSL_CERT_FILE", "ARC_TASKS_DIR"}
}
# Within the containers' network, these are what the other containers count on.
FIXED = {
    "OPS_HOST": "0.0.0.0",
    "OPS_PORT": "9100",
    "HOST": "0.0.0.0",
    "PORT": "8080",
    "NATS_NKEY_FILE": "/run/secrets/nats_nkey",
    "NATS_CA_FILE": "/run/secrets/nats_ca",
}
MOUNTED = {
    "ADMIN_TOKENS_FILE": "/admin-tokens",
    "ARC_TASKS_DIR": "/tasks",
    "MODEL_NAMES_FILE": "/names.toml",
    "NOTIFICATIONS_FILE": "/notifications.toml",
    "SSL_CERT_FILE": "/certificates.pem",
}
# Logs of containers are read by programs.
OTHER_DEFAULTS = {"LOG_FORMAT": "json"}
# URLs come from files: those in .env are for the services that `arcwatch up` starts.
URLS = {f"DATABASE_{role}URL" for role in ("", "SUPERUSER_", "WRITER_", "READER_", "WATCHER_", "NOTIFIER_")} | {
    "NATS_URL"
}
OF_THE_COMMAND = {"ALERTMANAGER_URL", "ARCWATCH_DATA_DIR"}
# Replicas of a service share their settings, and no two may have one name: deploy/entrypoint.sh makes one for each.
OF_ONE_PROCESS = {"ARCWATCH_INSTANCE"}
USED_BY: dict[str, type[ServiceSettings]] = {
    "watcher": WatcherSettings,
    "ingester": IngesterSettings,
    "query-api": QueryApiSettings,
    "notifier": NotifierSettings,
}


def settings() -> Iterator[tuple[str, str]]:
    for service, used in USED_BY.items():
        for name in sorted({field.upper() for field in used.model_fields} - OF_ONE_PROCESS | OF_EVERY_SERVICE):
            yield service, name
    own = ProvisionSettings.model_fields.keys() - ServiceSettings.model_fields.keys()
    for name in sorted({field.upper() for field in own} | {"DATABASE_URL", "NATS_URL", "LOG_LEVEL", "LOG_FORMAT"}):
        yield ("owner" if name == "DATABASE_SUPERUSER_URL" else "migrate"), name


@pytest.mark.parametrize(("service", "name"), list(settings()))
def test_a_setting_reaches_who_uses_it(service: str, name: str) -> None:
    given: dict[str, str] = SERVICES[service]["environment"]
    if service == "notifier" and name.startswith("NATS_"):
        assert {given[each] for each in given if each.startswith("NATS_")} == {""}
    elif name in URLS:
        assert Path(given[f"{name}_FILE"]).parent == Path("/run/secrets")
        assert name not in given
    elif name in FIXED:
        assert given[name] == FIXED[name]
    elif name in MOUNTED:
        assert given[name] == f"${{{name}:+{MOUNTED[name]}}}"
        assert f"${{{name}:-/dev/null}}:{MOUNTED[name]}:ro" in SERVICES[service]["volumes"]
    else:
        assert given[name] == f"${{{name}:-{OTHER_DEFAULTS.get(name, DEFAULTS[name])}}}"


def test_what_the_file_asks_for_is_listed_with_the_same_default() -> None:
    asked = re.findall(r"(?<!\$)\$\{([A-Z_]+):-([^}]*)\}", TEXT)
    assert {name for name, _ in asked} | set(MOUNTED) == DEFAULTS.keys() - URLS - OF_THE_COMMAND - {
        "HOST",
        "OPS_HOST",
        "OPS_PORT",
        "NATS_NKEY_FILE",
        "NATS_CA_FILE",
    } - OF_ONE_PROCESS
    for name, default in asked:
        assert default in {OTHER_DEFAULTS.get(name, DEFAULTS[name]), "/dev/null" if name in MOUNTED else None}, name


def test_no_service_hands_on_a_name_that_its_replicas_would_share() -> None:
    assert not any(OF_ONE_PROCESS & service.get("environment", {}).keys() for service in SERVICES.values())


def test_every_image_is_told_of_which_commit_it_is() -> None:
    built = [service["build"]["args"] for service in SERVICES.values() if "build" in service]
    assert len(built) == 7
    assert all(args["REVISION"] == "${REVISION:-}" for args in built)


def test_no_container_gets_all_of_the_operators_file() -> None:
    """It may hold secrets of other services, and URLs that are right outside of the containers only."""
    assert not any("env_file" in service for service in SERVICES.values())


@pytest.mark.parametrize("service", SERVICES)
def test_a_container_sees_the_secrets_that_it_is_told_of(service: str) -> None:
    """The entry point ends with the first file that is not there."""
    environment: dict[str, str] = SERVICES[service].get("environment", {})
    told = {str(value) for value in environment.values() if str(value).startswith("/run/secrets/")}
    given = SERVICES[service].get("secrets", ())
    names = (each if isinstance(each, str) else each.get("target", each["source"]) for each in given)
    assert told <= {f"/run/secrets/{name}" for name in names}
