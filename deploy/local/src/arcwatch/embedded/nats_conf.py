"""The configuration of the embedded NATS server: durable JetStream, and users who may do what they need, no more.

The permissions follow the contract in `common.bus.topology` and `common.events`. A denied subject shows at the client
only as a timeout; the server's log names it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from common.bus import topology
from common.bus.servers import inbox_prefix
from common.bus.topology import DEAD_STREAM, INGESTER, STREAM, WATCHER, Durable
from common.events import (
    DeadLetter,
    IngestionProgress,
    ModelDiscovered,
    ModelIngested,
    ModelIngestionFailed,
    QuotaReport,
    SyncCompleted,
    SyncRequested,
)

from arcwatch.ports import LOOPBACK

MEBIBYTE = 1024 * 1024
# What the streams may hold by their own limits, and room for the consumers' state.
MAX_FILE_STORE = topology.STREAM_MAX_BYTES + topology.DEAD_MAX_BYTES + 64 * MEBIBYTE
MAX_MEMORY_STORE = 64 * MEBIBYTE

ADMIN = "admin"
# Of the streams, and of the administrator.
ACCOUNT = "ARCWATCH"


@dataclass(frozen=True)
class Permissions:
    """The subjects that a user may publish to and subscribe to, in addition to its inbox."""

    publish: tuple[str, ...]
    subscribe: tuple[str, ...] = ()


# A reader of the stream makes no consumer: who may make one without a name may change any other by the request's body.
_FOLLOWS_THE_STREAM = (
    f"$JS.API.STREAM.INFO.{STREAM}",
    f"$JS.API.DIRECT.GET.{STREAM}",
    f"$JS.API.CONSUMER.INFO.{STREAM}.*",
)
# What common.metrics.bus_metrics asks: how the streams and durables stand, and how old an event is.
_LOOKS_AT_THE_BUS = (*_FOLLOWS_THE_STREAM, f"$JS.API.STREAM.INFO.{DEAD_STREAM}")


def _works_off(durable: Durable) -> tuple[str, ...]:
    """Return what pulling from a durable takes: its messages, its acks, and how it stands."""
    of = f"{STREAM}.{durable.name}"
    return *_LOOKS_AT_THE_BUS, f"$JS.API.CONSUMER.MSG.NEXT.{of}", f"$JS.ACK.{of}.>"


PERMISSIONS: Mapping[str, Permissions] = {
    "watcher": Permissions(
        publish=(
            ModelDiscovered.subject,
            SyncCompleted.subject,
            QuotaReport.subject_of("watcher"),
            DeadLetter.subject_of("watcher"),
            *_works_off(WATCHER),
        ),
        subscribe=QuotaReport.subjects(),
    ),
    "ingester": Permissions(
        publish=(
            ModelDiscovered.subject,  # requests that waited for another ingester's model
            ModelIngested.subject,
            ModelIngestionFailed.subject,
            IngestionProgress.subject,
            QuotaReport.subject_of("ingester"),
            DeadLetter.subject_of("ingester"),
            *_works_off(INGESTER),
        ),
        subscribe=QuotaReport.subjects(),
    ),
    "query-api": Permissions(
        publish=(
            ModelDiscovered.subject,
            SyncRequested.subject,
            *_FOLLOWS_THE_STREAM,
            # Dead letters: an admin reads them, and takes one off the list. Nothing of the main stream can be deleted.
            f"$JS.API.DIRECT.GET.{DEAD_STREAM}",
            f"$JS.API.STREAM.MSG.DELETE.{DEAD_STREAM}",
        ),
        subscribe=(
            IngestionProgress.subject,
            ModelIngested.subject,
            ModelIngestionFailed.subject,
            SyncCompleted.subject,
        ),
    ),
    ADMIN: Permissions(publish=(">",), subscribe=(">",)),
}


def configuration(home: Path, port: int, monitor_port: int, passwords: Mapping[str, str]) -> dict[str, Any]:
    """Return nats.conf, which JSON may be. Without passwords everybody may do everything: for other tests."""
    return {
        "server_name": "arcwatch",
        "host": LOOPBACK,
        "port": port,
        "http": f"{LOOPBACK}:{monitor_port}",
        "ports_file_dir": str(home),
        "jetstream": {
            "store_dir": str(home),
            "max_file_store": MAX_FILE_STORE,
            "max_memory_store": MAX_MEMORY_STORE,
            # Every message is on the disk before it is acknowledged.
            "sync_interval": "always",
        },
        **({"accounts": accounts(passwords)} if passwords else {}),
    }


def accounts(passwords: Mapping[str, str]) -> dict[str, Any]:
    """Return an account for each user.

    In one account a permission to ask for anything is one to do everything: the server sends its answer to whatever
    subject the asker names for it, as `$JS.API.STREAM.PURGE.ARCWATCH`, with the server's rights. Between accounts it
    answers to the asker alone.
    """
    users = [user for user in PERMISSIONS if user != ADMIN]
    found: dict[str, Any] = {user: _account(user, passwords) for user in users}
    for reader in users:
        for subject in PERMISSIONS[reader].subscribe:
            # In another's account only the publisher's own messages arrive. A service's processes share one.
            for publisher in (user for user in users if user != reader and subject in PERMISSIONS[user].publish):
                found[publisher]["exports"].append({"stream": subject, "accounts": [reader]})
                found[reader]["imports"].append({"stream": {"account": publisher, "subject": subject}})
    streams = {**_users(ADMIN, passwords), "jetstream": "enabled", "exports": list(_services(users))}
    return {ACCOUNT: streams, **found}


def _account(user: str, passwords: Mapping[str, str]) -> dict[str, Any]:
    imports = [{"service": {"account": ACCOUNT, "subject": subject}} for subject in _asks(user)]
    return {**_users(user, passwords), "exports": [], "imports": imports}


def _asks(user: str) -> list[str]:
    """Return what a user sends to the streams' account.

    Of the API all, or the server answers each account by itself; what may be asked is in the user's permissions.
    """
    wanted = PERMISSIONS[user].publish
    return list(dict.fromkeys("$JS.API.>" if each.startswith("$JS.API.") else each for each in wanted))


def _services(users: list[str]) -> Iterator[dict[str, Any]]:
    for subject in dict.fromkeys(subject for user in users for subject in _asks(user)):
        # A pull and a batch of direct gets may be answered by several messages.
        several = {"response_type": "stream"} if subject.startswith("$JS.API.") else {}
        yield {"service": subject, **several, "accounts": [user for user in users if subject in _asks(user)]}


def _users(user: str, passwords: Mapping[str, str]) -> dict[str, Any]:
    """Return what an account's users may, of whom there is one here; in containers a new key is one more."""
    wanted = PERMISSIONS[user]
    # Its answers come to its inbox, to which only the administrator listens else.
    subjects = {"publish": wanted.publish, "subscribe": (f"{inbox_prefix(user)}.>", *wanted.subscribe)}
    rights = {what: {"allow": allowed} for what, allowed in subjects.items()}
    return {"default_permissions": rights, "users": [{"user": user, "password": passwords[user]}]}
