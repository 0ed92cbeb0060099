"""The configuration of the embedded NATS server: durable JetStream, and users who may do what they need, no more.

The permissions follow the contract in `common.topology` and `common.events`. A denied subject shows at the client
only as a timeout; the server's log names it.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from common import topology
from common.events import (
    DeadLetter,
    IngestionProgress,
    ModelDiscovered,
    ModelIngested,
    ModelIngestionFailed,
    SyncCompleted,
    SyncRequested,
)
from common.inbox import prefix
from common.topology import DEAD_STREAM, INGESTER, STREAM, WATCHER, Durable

MEBIBYTE = 1024 * 1024
# What the streams may hold by their own limits, and room for the consumers' state.
MAX_FILE_STORE = topology.STREAM_MAX_BYTES + topology.DEAD_MAX_BYTES + 64 * MEBIBYTE
MAX_MEMORY_STORE = 64 * MEBIBYTE

ADMIN = "admin"


@dataclass(frozen=True)
class Permissions:
    """The subjects that a user may publish to and subscribe to, besides its own inbox."""

    publish: tuple[str, ...]
    subscribe: tuple[str, ...] = ()


# What common.bus_metrics asks: how the streams and durables stand, and how old an event is.
_LOOKS_AT_THE_BUS = (
    f"$JS.API.CONSUMER.INFO.{STREAM}.*",
    f"$JS.API.STREAM.INFO.{STREAM}",
    f"$JS.API.STREAM.INFO.{DEAD_STREAM}",
    f"$JS.API.DIRECT.GET.{STREAM}",
)


def _works_off(durable: Durable) -> tuple[str, ...]:
    """Return what pulling from a durable takes: its messages, its acks, and how it stands."""
    of = f"{STREAM}.{durable.name}"
    return *_LOOKS_AT_THE_BUS, f"$JS.API.CONSUMER.MSG.NEXT.{of}", f"$JS.ACK.{of}.>"


# A reader of the stream makes no consumer: who may make one without a name may change any other by the request's body.
_FOLLOWS_THE_STREAM = (
    f"$JS.API.STREAM.INFO.{STREAM}",
    f"$JS.API.DIRECT.GET.{STREAM}",
    f"$JS.API.CONSUMER.INFO.{STREAM}.*",
)

PERMISSIONS: Mapping[str, Permissions] = {
    "watcher": Permissions(
        publish=(
            ModelDiscovered.subject,
            SyncCompleted.subject,
            DeadLetter.subject_of("watcher"),
            *_works_off(WATCHER),
        )
    ),
    "ingester": Permissions(
        publish=(
            ModelDiscovered.subject,  # requests that waited for another ingester's model
            ModelIngested.subject,
            ModelIngestionFailed.subject,
            IngestionProgress.subject,
            DeadLetter.subject_of("ingester"),
            *_works_off(INGESTER),
        )
    ),
    "query-api": Permissions(
        publish=(ModelDiscovered.subject, SyncRequested.subject, *_FOLLOWS_THE_STREAM),
        subscribe=(
            IngestionProgress.subject,
            ModelIngested.subject,
            ModelIngestionFailed.subject,
            SyncCompleted.subject,
        ),
    ),
    ADMIN: Permissions(publish=(">",), subscribe=(">",)),
}


def inbox(user: str) -> str:
    """Return the subjects on which a user, and nobody else but the administrator, hears its answers."""
    return f"{prefix(user)}.>"


def render(
    *, port: int, monitor_port: int, store: Path, passwords: Mapping[str, str], ports_file_dir: Path | None = None
) -> str:
    """Return nats.conf. Without passwords everybody may do everything: for tests of something else."""
    lines = [
        "server_name: arcwatch",
        "host: 127.0.0.1",
        f"port: {port}",
        f"http: {_quoted(f'127.0.0.1:{monitor_port}')}",
        *([f"ports_file_dir: {_quoted(str(ports_file_dir))}"] if ports_file_dir else []),
        "jetstream {",
        f"  store_dir: {_quoted(str(store))}",
        f"  max_file_store: {MAX_FILE_STORE}",
        f"  max_memory_store: {MAX_MEMORY_STORE}",
        "  # Every message is on the disk before it is acknowledged.",
        "  sync_interval: always",
        "}",
    ]
    if passwords:
        lines += ["authorization {", "  users: [", *_users(passwords), "  ]", "}"]
    return "\n".join([*lines, ""])


def _users(passwords: Mapping[str, str]) -> Iterable[str]:
    for user, permissions in PERMISSIONS.items():
        publish = ", ".join(map(_quoted, permissions.publish))
        subscribe = ", ".join(map(_quoted, (inbox(user), *permissions.subscribe)))
        yield f"    {{user: {_quoted(user)}, password: {_quoted(passwords[user])}, permissions: {{"
        yield f"      publish: {{allow: [{publish}]}}"
        yield f"      subscribe: {{allow: [{subscribe}]}}"
        yield "    }}"


def _quoted(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)
