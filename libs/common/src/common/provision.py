"""`python -m common.provision`: migrations and topology, for a job that runs once before the services.

`python -m common.provision owner` comes before it where PostgreSQL's only user is a superuser: it makes the owner.
"""

import asyncio
import sys
from typing import Annotated

import structlog
from pydantic import Field

from common import roles
from common.bus import bus
from common.database import ownership
from common.database.schema import migrate
from common.outcomes import AwayError, StartupError
from common.process import logs
from common.process.settings import EX_TEMPFAIL, OptionalSecret, ServiceSettings, load, stop
from common.roles import Login

log = structlog.get_logger(__name__)


class Settings(ServiceSettings):
    """`nats_replicas` is 3 on a cluster of three.

    With the URLs of the services, the job makes the users in them; DATABASE_URL is then that of the tables' owner.
    """

    database_superuser_url: OptionalSecret = None
    database_writer_url: OptionalSecret = None
    database_reader_url: OptionalSecret = None
    database_watcher_url: OptionalSecret = None
    database_notifier_url: OptionalSecret = None
    nats_replicas: Annotated[int, Field(ge=1, le=5)] = 1


async def provision(settings: Settings) -> None:
    """Wait for both servers, and bring them up to date. Safe to run again, and by several at once."""
    url = settings.database_url.get_secret_value()
    applied = await migrate(url, wait_seconds=settings.start_wait_seconds)
    logins = {
        role: Login.of(given.get_secret_value(), f"DATABASE_{role.upper()}_URL")
        for role in ("writer", "reader", "watcher", "notifier")
        if (given := getattr(settings, f"database_{role}_url"))
    }
    if {"writer", "reader"} <= logins.keys():
        await roles.grant(url, **logins)
    drift = await bus.provision(settings, settings.nats_replicas, settings.start_wait_seconds)
    log.info("provisioned", migrations=applied, topology=[str(each) for each in drift])


async def make_owner(settings: Settings) -> None:
    """Have the user in DATABASE_URL own what is in the database, as the superuser. Safe to run again."""
    if settings.database_superuser_url is None:
        raise StartupError("DATABASE_SUPERUSER_URL is not set: it names who may make the owner")
    owner = Login.of(settings.database_url.get_secret_value(), "DATABASE_URL")
    superuser, wait = settings.database_superuser_url.get_secret_value(), settings.start_wait_seconds
    changed = await ownership.hand_over(superuser, owner.user, owner.password, wait_seconds=wait)
    log.info("owner", user=owner.user, handed_over=changed)


def main() -> None:
    """Run once; exit with one line, and EX_CONFIG when a server refuses, EX_TEMPFAIL when none is there."""
    settings = load(Settings)
    logs.configure(settings.log_level, settings.log_format, "provision")
    work = make_owner if sys.argv[1:] == ["owner"] else provision
    try:
        asyncio.run(work(settings))
    except AwayError as error:
        stop(f"provision: {error}", EX_TEMPFAIL)
    except StartupError as error:
        stop(f"provision: {error}")


if __name__ == "__main__":
    main()
