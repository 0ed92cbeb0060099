"""What becomes of each parameter of a database's URL: honoured, needless, or refused in a line that names it.

What is not in these tables goes to the server as a setting, and the server names what it does not know.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

MODES: Final = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")
SESSION_ATTRIBUTES: Final = ("any", "read-write", "read-only", "primary", "standby", "prefer-standby")
SYSTEM: Final = "system"
MODE_OF_SSL: Final = {
    **dict.fromkeys(("true", "1", "on"), "require"),
    **dict.fromkeys(("false", "0", "off"), "disable"),
}

_TLS = (
    "sslcert",
    "sslkey",
    "sslpassword",
    "sslcrl",
    "sslnegotiation",
    "ssl_min_protocol_version",
    "ssl_max_protocol_version",
)
_DRIVER = ("passfile", "krbsrvname", "gsslib")
_KEEPALIVES = ("keepalives", "keepalives_idle", "keepalives_interval", "keepalives_count", "tcp_user_timeout")
_ANY: Final[frozenset[str]] = frozenset()
_OFF = frozenset({"0", "false", "off", "no"})

# What these ask for is so without doing anything; other values cannot be honoured.
_NEEDLESS: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        "channel_binding": frozenset({"disable", "prefer"}),
        "client_encoding": frozenset({"utf8", "utf-8", "unicode", "auto"}),
        "gssdelegation": _OFF,
        "gssencmode": frozenset({"disable", "prefer"}),
        "load_balance_hosts": frozenset({"disable"}),
        "max_protocol_version": frozenset({"3.0", "3.2", "latest"}),
        "min_protocol_version": frozenset({"3.0"}),
        "pgbouncer": _ANY,  # Prisma's: a pooler is recognised without it
        "replication": _OFF,
        "schema": frozenset({"public"}),  # Prisma's: where the tables are
        "sslcertmode": frozenset({"allow"}),
        "sslcompression": _ANY,
        "sslsni": frozenset({"1"}),
        "supa": _ANY,  # a mark of Supabase's integrations
        "uselibpqcompat": _ANY,  # node-postgres's
    }
)
_REFUSED: Final = frozenset(
    {
        "connection_limit",
        "hostaddr",  # with a host; else it is the host
        "pool_timeout",
        "prepared_statement_cache_size",
        "require_auth",
        "requirepeer",
        "scram_client_key",
        "scram_server_key",
        "service",
        "servicefile",
        "socket_timeout",
        "sslaccept",
        "sslcrldir",
        "sslidentity",
        "sslkeylogfile",
        "statement_cache_size",
    }
)


class UrlError(ValueError):
    """What is wrong with a database's URL, in one line that names the parameter and shows no secret."""


@dataclass(frozen=True)
class Tls:
    """How a connection is encrypted. `options` are libpq's other parameters; `mode` None is `prefer`."""

    mode: str | None = None
    root: str | None = None
    options: Mapping[str, str] = field(default_factory=dict, repr=False)


def read(given: Mapping[str, str]) -> dict[str, Any]:
    """Return fields of a DatabaseUrl; raise UrlError for what cannot be honoured."""
    left = dict(given)
    fields = {
        "tls": _tls(left),
        "driver_arguments": _taken(left, _DRIVER),
        "keepalives": {name: _integer(name, value) for name, value in _taken(left, _KEEPALIVES).items()},
        "connect_timeout_seconds": _connect_timeout(left.pop("connect_timeout", "0")),
        "target_session_attrs": _one_of(
            "target_session_attrs", left.pop("target_session_attrs", None), SESSION_ATTRIBUTES
        ),
        "balances_load": left.get("load_balance_hosts") == "random" and bool(left.pop("load_balance_hosts")),
    }
    fallback = left.pop("fallback_application_name", None)
    if fallback is not None:
        left.setdefault("application_name", fallback)
    return {**fields, "server_settings": {name: value for name, value in left.items() if not _is_needless(name, value)}}


def _taken(left: dict[str, str], names: tuple[str, ...]) -> dict[str, str]:
    return {name: left.pop(name) for name in names if name in left}


def _tls(left: dict[str, str]) -> Tls:
    mode = _one_of("sslmode", left.pop("sslmode", None), MODES)
    root = left.pop("sslrootcert", None)
    if root == SYSTEM and mode not in {None, "verify-full"}:
        raise UrlError(f"sslmode={mode} is too weak for sslrootcert=system; say sslmode=verify-full")
    if left.get("channel_binding") == "require":
        # The driver cannot bind. A verified certificate keeps out whom the binding would keep out.
        del left["channel_binding"]
        if mode == "disable":
            raise UrlError("channel_binding=require cannot be honoured with sslmode=disable")
        mode = mode if mode == "verify-ca" else "verify-full"
    return Tls("verify-full" if root == SYSTEM else mode, root, _taken(left, _TLS))


def _one_of(name: str, value: str | None, allowed: tuple[str, ...]) -> str | None:
    if value is not None and value not in allowed:
        raise UrlError(f"{name}={value} is not one of {', '.join(allowed)}")
    return value


def _integer(name: str, value: str) -> int:
    try:
        return int(value)
    except ValueError as error:
        raise UrlError(f"{name}={value} is no whole number") from error


def _connect_timeout(value: str) -> float | None:
    seconds = _integer("connect_timeout", value)
    return float(seconds) if seconds > 0 else None


def _is_needless(name: str, value: str) -> bool:
    allowed = _NEEDLESS.get(name)
    if allowed is not None and (not allowed or value.lower() in allowed):
        return True
    if allowed is not None:
        raise UrlError(f"{name}={value} cannot be honoured; remove it, or say {name}={min(allowed)}")
    if name in _REFUSED or name.startswith("oauth_"):
        raise UrlError(f"the parameter {name} cannot be honoured; remove it")
    return False
