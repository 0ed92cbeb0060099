"""How commands find the deployment they are about: said outright, else the running one of the data folder."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from arcwatch.data_dir import DataDir
from arcwatch.errors import DeploymentError


def api_url(data_dir: Path | None, given: str | None) -> str:
    """Return the query API's URL."""
    return (given or _of(data_dir, "url", "--url (ARCWATCH_URL)")).rstrip("/")


def nats_url(data_dir: Path | None, given: str | None) -> str:
    """Return the administrator's URL of NATS."""
    return given or _of(data_dir, "nats_url", "--nats-url (NATS_URL)")


def nats_url_of(data_dir: Path | None, user: str) -> str:
    """Return one user's URL of the running deployment's NATS."""
    url = nats_url(data_dir, None)
    passwords = chosen(data_dir).nats_passwords()
    scheme, _, rest = url.partition("://")
    who, _, where = rest.rpartition("@")
    admin, _, password = who.partition(":")
    if not password or passwords.get(admin) != password:
        raise DeploymentError("this deployment uses the NATS in its NATS_URL: its users are not ours to tell")
    if user not in passwords:
        raise DeploymentError(f"NATS has no user {user}: there are {', '.join(sorted(passwords))}")
    return f"{scheme}://{user}:{passwords[user]}@{where}"


def database_url(data_dir: Path | None, given: str | None) -> str:
    """Return the URL of the database."""
    return given or _of(data_dir, "database_url", "--database-url (DATABASE_URL)")


def hub_settings(data_dir: Path | None) -> Mapping[str, str]:
    """Return HF_ENDPOINT and HF_DATASETS of the running deployment, where it was given any, as settings take them."""
    here = running(data_dir) or {}
    return {name.lower(): value for name, value in (here.get("hub") or {}).items()}


def running(data_dir: Path | None) -> Mapping[str, Any] | None:
    """Return the addresses of the running deployment, None when there is none; an empty mapping while it starts."""
    place = chosen(data_dir)
    return (place.state().get("running") or {}) if place.is_running() else None


def chosen(data_dir: Path | None) -> DataDir:
    """Return the data folder; where only a demo runs in it, that of the demo."""
    folder = DataDir.at(data_dir)
    demo = folder.demo
    return demo if demo.is_running() and not folder.is_running() else folder


def _of(data_dir: Path | None, name: str, option: str) -> str:
    found = running(data_dir)
    where = DataDir.at(data_dir).path
    if found is None:
        raise DeploymentError(
            f"no arcwatch runs in {where}: start `arcwatch up`, name its folder with --data-dir, or give {option}"
        )
    if name not in found:
        raise DeploymentError(f"the arcwatch in {where} is still starting: try again in a moment")
    return str(found[name])
