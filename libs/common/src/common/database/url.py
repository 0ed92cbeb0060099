"""A database's URL as providers hand it out, taken apart as libpq does. It opens nothing and reads no file."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote

from common.database import parameters
from common.database.parameters import Tls, UrlError

_SCHEME = re.compile(r"postgres(?:ql)?(?:\+\w+)?://")
_HOST = re.compile(r"(?:\[([^\]]+)\]|([^\[:/?,][^:/?,]*)?)(?::([^/?,]*))?(?=[/?,]|$)")
_BAD_ENCODING = re.compile(r"%(?![0-9A-Fa-f]{2})|%00")
_NO_URL = "it is no URL; percent-encode special characters in its password"

# None: the driver's default, which looks at PGHOST and PGPORT.
Address = tuple[str | None, int | None]


@dataclass(frozen=True)
class DatabaseUrl:
    """What a URL asks for, as the driver takes it. None: its default, which looks at PGUSER, PGPASSWORD and so on."""

    addresses: tuple[Address, ...]
    user: str | None
    password: str | None = field(repr=False)
    database: str | None
    tls: Tls = field(default_factory=Tls)
    # They go to the server with the connection: application_name, options, search_path, statement_timeout ...
    server_settings: Mapping[str, str] = field(default_factory=dict)
    driver_arguments: Mapping[str, str] = field(default_factory=dict)
    keepalives: Mapping[str, int] = field(default_factory=dict)
    connect_timeout_seconds: float | None = None
    target_session_attrs: str | None = None
    balances_load: bool = False

    @property
    def where(self) -> str:
        """The hosts, for messages: without user and password."""
        return ",".join(map(_shown, self.addresses))


def parse(url: str) -> DatabaseUrl:
    """Return what a URL asks for; raise UrlError, without a secret in its words, for what cannot be honoured."""
    given = {name: value for name, value in split(url).items() if value}
    hosts = given.pop("host", None) or given.pop("hostaddr", "")
    addresses = tuple(_addresses(hosts, given.pop("port", "")))
    return DatabaseUrl(
        addresses=addresses,
        user=given.pop("user", None),
        password=given.pop("password", None),
        database=given.pop("dbname", None),
        **parameters.read(given),
    )


def split(url: str) -> dict[str, str]:
    """Return a URL's parts by libpq's keywords: user, password, host, port, dbname, and every parameter."""
    scheme = _SCHEME.match(url)
    if scheme is None:
        raise UrlError("it is no URL such as postgresql://user:password@host:5432/database")
    rest = url[scheme.end() :]
    found: dict[str, str] = {}
    if "@" in rest.partition("/")[0]:
        credentials, _, rest = rest.partition("@")
        found["user"], _, found["password"] = credentials.partition(":")
    found["host"], found["port"], rest = _hosts(rest)
    path, _, query = rest.partition("?")
    found["dbname"] = path.removeprefix("/")
    # Of a password with / or @, the beginning would be taken for the host, and shown.
    if "@" in found["host"] + found["port"] + found["dbname"]:
        raise UrlError(_NO_URL)
    decoded = {name: _decoded(value, name) for name, value in found.items() if value}
    return decoded | dict(_parameters(query))


def _hosts(rest: str) -> tuple[str, str, str]:
    """Return the hosts and ports at the beginning, each joined by commas, and what follows them."""
    hosts, ports = [], []
    while True:
        one = _HOST.match(rest)
        if one is None:
            raise UrlError(_NO_URL)
        hosts.append(one[1] or one[2] or "")
        ports.append(one[3] or "")
        rest = rest[one.end() :]
        if not rest.startswith(","):
            break
        rest = rest[1:]
    return ",".join(hosts), ",".join(ports), rest


def _parameters(query: str) -> Iterator[tuple[str, str]]:
    for each in filter(None, query.split("&")):
        name, equals, value = each.partition("=")
        name = _decoded(name, "a parameter's name")
        if not equals:
            raise UrlError(f"the parameter {name} has no value")
        value = _decoded(value, name)
        if name == "ssl":  # other clients'; libpq, too, takes ssl=true
            name, value = "sslmode", parameters.MODE_OF_SSL.get(value, value)
        yield "dbname" if name == "database" else name, value


def _decoded(text: str, name: str) -> str:
    """Percent-decode as libpq does: a + stays what it is, spaces around it are none of it."""
    text = text.strip(" ")
    if " " in text:
        raise UrlError(f"{name} holds a space: write it %20")
    if _BAD_ENCODING.search(text):
        raise UrlError(f"{name} is not percent-encoded: a % is written %25")
    try:
        return unquote(text, errors="strict")
    except UnicodeDecodeError as error:
        raise UrlError(f"{name} is not percent-encoded UTF-8") from error


def _addresses(hosts: str, ports: str) -> Iterator[Address]:
    names, numbers = hosts.split(","), ports.split(",")
    if len(numbers) == 1:
        numbers *= len(names)
    if len(numbers) != len(names):
        raise UrlError(f"it names {len(names)} hosts and {len(numbers)} ports")
    for name, number in zip(names, numbers, strict=True):
        if number and not (number.isascii() and number.isdigit() and 0 < int(number) < 65_536):  # noqa: PLR2004 - ports
            raise UrlError(_NO_URL)
        yield name or None, int(number) if number else None


def _shown(address: Address) -> str:
    host, port = address
    name = f"[{host}]" if host and ":" in host else host or "the local socket"
    return f"{name}:{port}" if port else name
