"""A database's URL is read as libpq reads it; what cannot be honoured is named, and no secret is shown."""

from typing import Any
from urllib.parse import quote

import pytest
from common.database.parameters import Tls, UrlError
from common.database.url import parse, split
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support import libpq

SECRET = "SecretThatNobodyMaySee"
HOST = "postgresql://me@h/db"

_text = st.text(st.characters(exclude_characters="\0", codec="utf-8"), min_size=1, max_size=12)
_encoded = _text.map(lambda text: quote(text, safe=""))
_host = st.one_of(st.from_regex(r"[a-z0-9.-]{1,12}", fullmatch=True), st.just("[::1]"), st.just("%2Frun%2Fpostgresql"))
_port = st.one_of(st.just(""), st.integers(1, 65_535).map(lambda port: f":{port}"))
_netloc = st.lists(st.tuples(_host, _port).map("".join), max_size=3).map(",".join)
_credentials = st.one_of(
    st.just(""), _encoded.map("{}@".format), st.tuples(_encoded, _encoded).map(lambda pair: "{}:{}@".format(*pair))
)
# As people write them, not only as they should: everything but what ends a password.
_raw_password = st.text(st.characters(codec="ascii", min_codepoint=33, exclude_characters="@/%"), min_size=1)
_names = st.sampled_from(["application_name", "options", "sslrootcert", "connect_timeout", "password", "dbname"])
_query = st.lists(st.tuples(_names, _encoded).map("=".join), max_size=4).map("&".join)


@settings(deadline=None)  # libpq is loaded in the first
@given(_credentials, _netloc, st.one_of(st.just(""), _text.map(lambda text: quote(text, safe=" /+#"))), _query)
def test_a_url_is_taken_apart_as_libpq_does(credentials: str, netloc: str, database: str, query: str) -> None:
    url = f"postgresql://{credentials}{netloc}/{database}" + (f"?{query}" if query else "")
    try:
        found = split(url)
    except UrlError:
        assert libpq.parsed(url) is None
    else:
        read = libpq.parsed(url)
        assert read is not None
        # An empty part is as good as none: `parse` leaves it out.
        assert {name: value for name, value in found.items() if value} == {
            name: value for name, value in read.items() if value
        }


@settings(deadline=None)
@given(_raw_password)
def test_a_password_with_signs_that_libpq_takes_as_they_are(password: str) -> None:
    url = f"postgresql://me:{password}@h:5/db"
    assert (
        split(url)
        == libpq.parsed(url)
        == {"user": "me", "password": password, "host": "h", "port": "5", "dbname": "db"}
    )


@pytest.mark.parametrize("url", ["postgresql:///0 0", "postgresql://a b@h/d", "postgresql://h/d?application_name=a b"])
def test_a_space_within_a_part_is_refused_as_libpq_does(url: str) -> None:
    assert libpq.parsed(url) is None
    with pytest.raises(UrlError, match="holds a space: write it %20"):
        split(url)


@pytest.mark.parametrize(
    "scheme", ["postgres", "postgresql", "postgresql+asyncpg", "postgresql+psycopg2", "postgres+asyncpg"]
)
def test_the_schemes_that_providers_and_frameworks_write(scheme: str) -> None:
    found = parse(f"{scheme}://me:p%40ss%2F@h:6543/db")
    assert (found.user, found.password, found.database, found.addresses) == ("me", "p@ss/", "db", (("h", 6543),))


@pytest.mark.parametrize(
    ("url", "addresses", "where"),
    [
        ("postgresql://a:1,b,[::1]:3/db", (("a", 1), ("b", None), ("::1", 3)), "a:1,b,[::1]:3"),
        ("postgresql://a,b/db?port=7", (("a", 7), ("b", 7)), "a:7,b:7"),
        ("postgresql:///db?host=/tmp/x&port=7", (("/tmp/x", 7),), "/tmp/x:7"),
        ("postgresql://%2Ftmp%2Fx/db", (("/tmp/x", None),), "/tmp/x"),
        ("postgresql://me@/db", ((None, None),), "the local socket"),
        ("postgresql:///db?hostaddr=10.0.0.1", (("10.0.0.1", None),), "10.0.0.1"),
    ],
)
def test_hosts_sockets_and_ports(url: str, addresses: tuple[tuple[str | None, int | None], ...], where: str) -> None:
    found = parse(url)
    assert (found.addresses, found.where) == (addresses, where)


@pytest.mark.parametrize(
    ("query", "field", "value"),
    [
        ("application_name=mine", "server_settings", {"application_name": "mine"}),
        ("fallback_application_name=mine", "server_settings", {"application_name": "mine"}),
        ("fallback_application_name=a&application_name=b", "server_settings", {"application_name": "b"}),
        ("options=-c%20geqo%3Doff", "server_settings", {"options": "-c geqo=off"}),
        ("options=project=x", "server_settings", {"options": "project=x"}),
        ("statement_timeout=5s&search_path=a", "server_settings", {"statement_timeout": "5s", "search_path": "a"}),
        ("connect_timeout=7", "connect_timeout_seconds", 7.0),
        ("connect_timeout=0", "connect_timeout_seconds", None),
        ("keepalives=0&keepalives_idle=30", "keepalives", {"keepalives": 0, "keepalives_idle": 30}),
        ("keepalives_interval=3&keepalives_count=2", "keepalives", {"keepalives_interval": 3, "keepalives_count": 2}),
        ("tcp_user_timeout=900", "keepalives", {"tcp_user_timeout": 900}),
        ("target_session_attrs=read-write", "target_session_attrs", "read-write"),
        ("load_balance_hosts=random", "balances_load", True),
        ("load_balance_hosts=disable", "balances_load", False),
        ("passfile=/x&krbsrvname=y", "driver_arguments", {"passfile": "/x", "krbsrvname": "y"}),
        ("user=other", "user", "other"),
        ("password=a+b%20c", "password", "a+b c"),
        ("database=other", "database", "other"),
        ("sslmode=require", "tls", Tls("require")),
        ("ssl=true", "tls", Tls("require")),
        ("ssl=verify-full", "tls", Tls("verify-full")),
        ("sslmode=verify-ca&sslrootcert=/r", "tls", Tls("verify-ca", "/r")),
        ("sslrootcert=system", "tls", Tls("verify-full", "system")),
        ("sslmode=allow&sslcert=/c&sslkey=/k", "tls", Tls("allow", None, {"sslcert": "/c", "sslkey": "/k"})),
        ("sslnegotiation=direct&sslmode=require", "tls", Tls("require", None, {"sslnegotiation": "direct"})),
        ("channel_binding=prefer", "tls", Tls()),
        ("sslmode=require&channel_binding=require", "tls", Tls("verify-full")),
        ("sslmode=verify-ca&sslrootcert=/r&channel_binding=require", "tls", Tls("verify-ca", "/r")),
    ],
)
def test_what_is_honoured(query: str, field: str, value: Any) -> None:
    found = parse(f"{HOST}?{query}")
    assert getattr(found, field) == value
    if field != "server_settings":
        assert found.server_settings == {}


@pytest.mark.parametrize(
    "query",
    [
        "pgbouncer=true",
        "schema=public",
        "gssencmode=disable",
        "gssencmode=prefer",
        "channel_binding=disable",
        "client_encoding=UTF8",
        "sslcompression=0",
        "sslsni=1",
        "min_protocol_version=3.0&max_protocol_version=latest",
        "replication=false",
        "supa=base-pooler.x",
        "sslmode=&application_name=",
    ],
)
def test_what_is_so_anyway_reaches_neither_server_nor_driver(query: str) -> None:
    assert parse(f"{HOST}?{query}") == parse(HOST)


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("gssencmode=require", "gssencmode"),
        ("schema=other", "schema"),
        ("client_encoding=latin1", "client_encoding"),
        ("sslmode=no-verify", "sslmode"),
        ("sslmode=require&sslrootcert=system", "sslrootcert"),
        ("channel_binding=require&sslmode=disable", "channel_binding"),
        ("channel_binding=maybe", "channel_binding"),
        ("target_session_attrs=writable", "target_session_attrs"),
        ("connect_timeout=soon", "connect_timeout"),
        ("keepalives_idle=x", "keepalives_idle"),
        ("service=x", "service"),
        ("requirepeer=x", "requirepeer"),
        ("require_auth=scram-sha-256", "require_auth"),
        ("hostaddr=10.0.0.1", "hostaddr"),
        ("connection_limit=1", "connection_limit"),
        ("oauth_issuer=x", "oauth_issuer"),
        ("replication=database", "replication"),
        ("load_balance_hosts=first", "load_balance_hosts"),
        ("sslmode", "sslmode"),
        ("application_name=%zz", "application_name"),
        ("application_name=%ff", "application_name"),
    ],
)
def test_what_cannot_be_honoured_is_named(query: str, named: str) -> None:
    with pytest.raises(UrlError, match=named) as refused:
        parse(f"postgresql://me:{SECRET}@h/db?{query}")
    assert SECRET not in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    "url",
    [
        f"postgresql://me:1/{SECRET}@host/x",
        f"postgresql://me:1@{SECRET}@host/x",
        f"postgresql://me:{SECRET}%@host/x",
        f"postgresql://me:{SECRET}@[::1/x",
        f"postgresql://me:{SECRET}@host:port/x",
        f"postgresql://me:{SECRET}@host:70000/x",
        f"postgresql://me:{SECRET}@a:1,b:2/x?port=1,2,3",
        f"mysql://me:{SECRET}@host/x",
        f"host=x password={SECRET}",
        f"me:{SECRET}@host",
        "",
    ],
)
def test_what_is_no_url_is_refused_without_its_password(url: str) -> None:
    with pytest.raises(UrlError) as refused:
        parse(url)
    assert SECRET not in str(refused.value)


def test_a_url_that_is_shown_shows_no_password() -> None:
    found = parse(f"postgresql://me:{SECRET}@h/db?sslpassword={SECRET}")
    assert SECRET not in repr(found)
    assert SECRET not in found.where
