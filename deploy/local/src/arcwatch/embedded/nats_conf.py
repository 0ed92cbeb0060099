"""The configuration of the embedded NATS server: durable JetStream, and users who may do what they need, no more.

The permissions follow the contract in `common.bus.topology` and `common.events`. A denied subject shows at the client
only as a timeout; the server's log names it.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from common.bus import topology
from common.bus.inbox import prefix
from common.bus.topology import DEAD_STREAM, INGESTER, STREAM, WATCHER, Durable
from common.events import (
    DeadLetter,
    IngestionProgress,
    ModelDiscovered,
    ModelIngested,
    ModelIngestionFailed,
    SyncCompleted,
    SyncRequested,
)

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


# What common.metrics.bus_metrics asks: how the streams and durables stand, and how old an event is.
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
    """Return the subjects on which a user, and only the administrator else, receives its answers."""
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
        lines += accounts({user: _quoted(password) for user, password in passwords.items()})
    return "\n".join([*lines, ""])


def accounts(passwords: Mapping[str, str]) -> list[str]:
    """Return the lines of an account for each user, whose passwords are as the file is to have them.

    In one account a permission to ask for anything is one to do everything: the server sends its answer to whatever
    subject the asker names for it, as `$JS.API.STREAM.PURGE.ARCWATCH`, with the server's rights. Between accounts it
    answers to the asker alone.
    """
    users = [user for user in PERMISSIONS if user != ADMIN]
    lines = ["accounts {", *_account(ACCOUNT, ADMIN, passwords, exports=_services(users), more="jetstream: enabled")]
    for user in users:
        imports = [_import("service", ACCOUNT, subject) for subject in _asks(user)]
        imports += [_import("stream", other, subject) for other, subject in _receives(user, users)]
        exports = [
            f"{{stream: {_quoted(subject)}, accounts: [{reader}]}}"
            for reader in users
            for other, subject in _receives(reader, users)
            if other == user
        ]
        lines += _account(user, user, passwords, exports=exports, imports=imports)
    return [*lines, "}"]


def _account(
    name: str,
    user: str,
    passwords: Mapping[str, str],
    *,
    exports: Iterable[str] = (),
    imports: Iterable[str] = (),
    more: str = "",
) -> list[str]:
    lines = [f"  {name} {{", f"    users: [{_user(user, passwords[user])}]", *([f"    {more}"] if more else [])]
    for word, those in (("exports", exports), ("imports", imports)):
        lines += [f"    {word}: [", *(f"      {each}" for each in those), "    ]"]
    return [*lines, "  }"]


def _asks(user: str) -> list[str]:
    """Return what a user sends to the streams' account.

    Of the API all, or the server answers each account by itself; what may be asked is in the user's permissions.
    """
    wanted = PERMISSIONS[user].publish
    return list(dict.fromkeys("$JS.API.>" if each.startswith("$JS.API.") else each for each in wanted))


def _services(users: list[str]) -> Iterable[str]:
    for subject in dict.fromkeys(subject for user in users for subject in _asks(user)):
        askers = ", ".join(user for user in users if subject in _asks(user))
        # A pull and a batch of direct gets may be answered by several messages.
        several = ", response_type: stream" if subject.startswith("$JS.API.") else ""
        yield f"{{service: {_quoted(subject)}{several}, accounts: [{askers}]}}"


def _receives(user: str, users: list[str]) -> list[tuple[str, str]]:
    """Return whose messages a user listens to: in another's account only the publisher's own messages arrive."""
    wanted = PERMISSIONS[user].subscribe
    return [(other, subject) for subject in wanted for other in users if subject in PERMISSIONS[other].publish]


def _import(kind: str, account: str, subject: str) -> str:
    return f"{{{kind}: {{account: {account}, subject: {_quoted(subject)}}}}}"


def _user(user: str, password: str) -> str:
    publish = ", ".join(map(_quoted, PERMISSIONS[user].publish))
    subscribe = ", ".join(map(_quoted, (inbox(user), *PERMISSIONS[user].subscribe)))
    rights = f"publish: {{allow: [{publish}]}}, subscribe: {{allow: [{subscribe}]}}"
    return f"{{user: {_quoted(user)}, password: {password}, permissions: {{{rights}}}}}"


def _quoted(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)
