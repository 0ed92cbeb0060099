"""Each sslmode against real TLS, that of PgBouncer: PostgreSQL's wheel has none."""

import asyncio
from collections.abc import Mapping
from pathlib import Path

import pytest
from arcwatch.embedded import os_user
from arcwatch.embedded.postgres import PostgresServer
from common.database.pool import open_pool
from common.outcomes import StartupError

from tests.support.pgbouncer import pgbouncer
from tests.support.relays import CA, TLS

pytestmark = pytest.mark.debian

SERVER = TLS / "server.pem"
# "127.1" is 127.0.0.1 to the system, and not the certificate's name.
OTHER_NAME = "127.1"
UNTRUSTED = "sslmode or channel_binding asks for a trusted certificate; see sslrootcert"


def settings(server: PostgresServer, sslmode: str, of_clients: Path = CA) -> dict[str, object]:
    """Return PgBouncer's settings for TLS, with copies of the files that its user may read."""
    files = {"client_tls_cert_file": SERVER, "client_tls_key_file": SERVER, "client_tls_ca_file": of_clients}
    copies = {}
    for name, path in files.items():
        copy = server.home / f"{name}.pem"
        copy.write_bytes(path.read_bytes())
        os_user.give(os_user.private_user(), copy)
        copies[name] = copy
    return {"client_tls_sslmode": sslmode, **copies}


async def outcome(url: str) -> str:
    """Return whether a pool's connections are encrypted, or why there is none."""
    try:
        async with open_pool(url, wait_seconds=0) as pool, pool.acquire() as connection:
            assert await connection.fetchval("SELECT 1") == 1
            encrypted = connection._transport.get_extra_info("ssl_object") is not None  # type: ignore[attr-defined] # stubs
            return "encrypted" if encrypted else "plain"
    except StartupError as error:
        return str(error)


async def outcomes(url: str, expected: Mapping[str, str]) -> dict[str, str]:
    """Return what differs from what is expected of each query, which is a part of the outcome."""
    found = {query: await outcome(f"{url}?{query}") for query in expected}
    return {query: found[query] for query in expected if expected[query] not in found[query]}


@pytest.fixture
def own_authority(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the system trust the tests' authority."""
    monkeypatch.setenv("SSL_CERT_FILE", str(CA))


@pytest.mark.neighbour(
    "PgBouncer",
    "with TLS: every sslmode, with and without a root file, `system`, client certificates, channel_binding=require",
    "encrypted and verified as the mode says, or one line that names the parameter, at once",
)
async def test_each_mode_where_tls_is_required(server: PostgresServer, tmp_path: Path) -> None:
    broken = tmp_path / "broken.pem"
    broken.write_text("no certificate")
    expected = {
        "sslmode=disable": "SSL required",
        "sslmode=allow": "encrypted",
        "sslmode=prefer": "encrypted",
        "": "encrypted",
        "sslmode=require": "encrypted",
        "ssl=true": "encrypted",
        f"sslmode=verify-ca&sslrootcert={CA}": "encrypted",
        f"sslmode=verify-full&sslrootcert={CA}": "encrypted",
        f"sslmode=require&channel_binding=require&sslrootcert={CA}": "encrypted",
        "sslmode=verify-ca": "sslmode=verify-ca needs sslrootcert",
        "sslmode=verify-full": UNTRUSTED,
        "sslrootcert=system": "is not trusted",
        "sslmode=require&channel_binding=require": UNTRUSTED,
        "sslmode=verify-full&sslrootcert=/no/such/file": "the file of sslrootcert cannot be used",
        f"sslmode=verify-full&sslrootcert={broken}": "the file of sslrootcert cannot be used",
        f"sslmode=require&sslcert={broken}": "the file of sslcert cannot be used",
        "sslmode=require&ssl_min_protocol_version=TLSv9": "ssl_min_protocol_version=TLSv9 is no version",
        "sslmode=require&ssl_min_protocol_version=TLSv1.3": "encrypted",
    }
    async with pgbouncer(server, "session", **settings(server, "require")) as url:
        assert await outcomes(url, expected) == {}
        other_name = url.replace("127.0.0.1", OTHER_NAME)
        assert await outcome(f"{other_name}?sslmode=verify-ca&sslrootcert={CA}") == "encrypted"
        assert "mismatch" in await outcome(f"{other_name}?sslmode=verify-full&sslrootcert={CA}")


@pytest.mark.usefixtures("own_authority")
async def test_the_systems_authorities_are_trusted_where_no_file_is_named(server: PostgresServer) -> None:
    queries = ("sslrootcert=system", "sslmode=verify-full", "sslmode=require&channel_binding=require")
    async with pgbouncer(server, "session", **settings(server, "require")) as url:
        assert await outcomes(url, dict.fromkeys(queries, "encrypted")) == {}
        assert "mismatch" in await outcome(f"{url.replace('127.0.0.1', OTHER_NAME)}?sslrootcert=system")


async def test_each_mode_where_there_is_no_tls(server: PostgresServer) -> None:
    expected = {
        "sslmode=disable": "plain",
        "sslmode=allow": "plain",
        "sslmode=prefer": "plain",
        "": "plain",
        "sslmode=require": "takes no TLS, and sslmode asks for it",
        f"sslmode=verify-full&sslrootcert={CA}": "takes no TLS",
    }
    async with pgbouncer(server, "session") as url:
        assert await outcomes(url, expected) == {}


async def test_a_client_shows_its_certificate(server: PostgresServer, tmp_path: Path) -> None:
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    made = await asyncio.create_subprocess_exec(
        *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"),
        *(
            "-subj",
            "/CN=client",
            "-addext",
            "extendedKeyUsage=clientAuth",
            "-keyout",
            str(key),
            "-out",
            str(certificate),
        ),
        stderr=asyncio.subprocess.DEVNULL,
    )
    assert await made.wait() == 0
    own = f"sslcert={certificate}&sslkey={key}"
    modes = ("sslmode=require", "sslmode=prefer", f"sslmode=verify-full&sslrootcert={CA}")
    async with pgbouncer(server, "session", **settings(server, "verify-ca", certificate)) as url:
        assert await outcomes(url, {f"{mode}&{own}": "encrypted" for mode in modes}) == {}
        assert await outcome(f"{url}?sslmode=require") not in {"encrypted", "plain"}
