"""How commands find the deployment they are about: said outright, else the running one of the data folder."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from common.process.choices import no_such
from common.process.settings import ServiceSettings

from arcwatch.data_dir import DataDir
from arcwatch.errors import DeploymentError

# How each server is named outright, instead.
_OPTIONS = {
    "url": "--url (ARCWATCH_URL)",
    "nats_url": "--nats-url (NATS_URL)",
    "database_url": "--database-url (DATABASE_URL)",
}


def url_of(name: str, data_dir: Path | None, given: str | None = None) -> str:
    """Return the URL of the query API (`url`), of NATS as its administrator, or of the database."""
    if given:
        return given
    found = running(data_dir)
    where = DataDir.at(data_dir).path
    if found is None:
        how = f"start `arcwatch up`, name its folder with --data-dir, or give {_OPTIONS[name]}"
        raise DeploymentError(f"no arcwatch runs in {where}: {how}")
    if name not in found:
        raise DeploymentError(f"the arcwatch in {where} is still starting: try again in a moment")
    return str(found[name])


def nats_url_of(data_dir: Path | None, user: str) -> str:
    """Return one user's URL of the running deployment's NATS."""
    url = url_of("nats_url", data_dir)
    passwords = chosen(data_dir).nats_passwords()
    scheme, _, rest = url.partition("://")
    who, _, where = rest.rpartition("@")
    admin, _, password = who.partition(":")
    if not password or passwords.get(admin) != password:
        raise DeploymentError("this deployment uses the NATS in its NATS_URL: its users are not ours to tell")
    if user not in passwords:
        raise DeploymentError(no_such("user", user, passwords.keys(), "NATS"))
    return f"{scheme}://{user}:{passwords[user]}@{where}"


def admin_token_of(data_dir: Path | None) -> str | None:
    """Return the token that was made for the deployment of a data folder."""
    return chosen(data_dir).admin_token()


def hub_settings(data_dir: Path | None, of: type[ServiceSettings] = ServiceSettings) -> Mapping[str, str]:
    """Return what the running deployment was given of the Hub, as far as it is part of these settings."""
    given = ((running(data_dir) or {}).get("hub") or {}).items()
    return {name.lower(): value for name, value in given if name.lower() in of.model_fields}


def running(data_dir: Path | None) -> Mapping[str, Any] | None:
    """Return the addresses of the running deployment, None when there is none; an empty mapping while it starts."""
    place = chosen(data_dir)
    return (place.state().get("running") or {}) if place.is_running() else None


def chosen(data_dir: Path | None) -> DataDir:
    """Return the data folder; where only a demo runs in it, that of the demo."""
    folder = DataDir.at(data_dir)
    demo = folder.demo
    return demo if demo.is_running() and not folder.is_running() else folder
