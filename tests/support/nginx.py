"""Debian's nginx, with the site of deploy/nginx, in front of a query API of a test."""

import asyncio
import contextlib
import os
import re
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

from tests.support.alert_rules import DEPLOY
from tests.support.eventually import eventually
from tests.support.ports import free_port

SITE = DEPLOY / "nginx" / "arcwatch.conf"
MODULES = "/usr/lib/nginx/modules"
PREFIX = "/arcwatch"
STRIPPING = ("proxy_pass http://arcwatch;", "proxy_pass http://arcwatch/;")
# As nginx speaks to what is behind it unless it is told otherwise.
HTTP_10 = ("proxy_http_version 1.1;", "proxy_http_version 1.0;")
# Everything is compressed that may be.
_MAIN = """
daemon off; master_process off; pid {folder}/pid; error_log {folder}/error.log;
events {{ worker_connections 256; }}
http {{
  access_log off; gzip on; gzip_types *; gzip_min_length 1; gzip_proxied any; gzip_http_version 1.0;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  include {folder}/site.conf;
}}
"""


def _configure(folder: Path, site: str) -> None:
    folder.mkdir()
    (folder / "site.conf").write_text(site)
    (folder / "nginx.conf").write_text(_MAIN.format(folder=folder))


@contextlib.asynccontextmanager
async def nginx(folder: Path, api_url: str, *changes: tuple[str, str]) -> AsyncIterator[str]:
    """Run nginx until the block ends; yield the URL below which arcwatch is reached."""
    port = free_port()
    site = SITE.read_text()
    where = (("listen 80;", f"listen 127.0.0.1:{port};"), ("    listen [::]:80;\n", ""))
    for old, new in (*where, ("127.0.0.1:8080;", f"{urlsplit(api_url).netloc};"), *changes):
        assert site.count(old) == 1, old
        site = site.replace(old, new)
    await asyncio.to_thread(_configure, folder, site)
    async with _running(folder, port):
        yield f"http://127.0.0.1:{port}{PREFIX}"


@contextlib.asynccontextmanager
async def nginx_of_compose(folder: Path, replicas_port: int, **milliseconds: int) -> AsyncIterator[str]:
    """Run nginx as compose does, in front of a port of this machine; yield its URL. `milliseconds`: bounds."""
    port = free_port()
    await asyncio.to_thread(_configure_as_compose, folder, port, replicas_port, milliseconds)
    async with _running(folder, port):
        yield f"http://127.0.0.1:{port}"


def _configure_as_compose(folder: Path, port: int, replicas_port: int, milliseconds: dict[str, int]) -> None:
    conf = (DEPLOY / "nginx" / "compose.conf").read_text().replace(" /tmp/", f" {folder}/")
    for old, new in (
        ("worker_processes auto;", "master_process off;"),
        ("listen 8080;", f"listen 127.0.0.1:{port};"),
        ("query-api:8080;", f"127.0.0.1:{replicas_port};"),
        ("/etc/nginx/waiting.js", f"{folder}/waiting.js"),
        ("load_module modules/", f"load_module {MODULES}/"),
        ("/dev/stderr warn", f"{folder}/error.log warn"),
    ):
        assert conf.count(old) == 1, old
        conf = conf.replace(old, new)
    waiting = (DEPLOY / "nginx" / "waiting.js").read_text()
    for name, value in milliseconds.items():
        waiting, found = re.subn(rf"^const {name} = \d+;", f"const {name} = {value};", waiting, flags=re.MULTILINE)
        assert found == 1, name
    folder.mkdir()
    (folder / "nginx.conf").write_text(conf)
    (folder / "waiting.js").write_text(waiting)


@contextlib.asynccontextmanager
async def _running(folder: Path, port: int) -> AsyncIterator[None]:
    command = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
    assert command, "these tests need Debian's nginx: run `make debian-packages`"
    words = ("-p", folder, "-e", folder / "error.log", "-c", folder / "nginx.conf")
    process = await asyncio.create_subprocess_exec(command, *words)
    try:

        async def listens() -> bool:
            assert process.returncode is None, (folder / "error.log").read_text()
            with contextlib.suppress(OSError):
                _, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.close()
                return True
            return False

        await eventually(listens, what="nginx")
        yield
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        await process.wait()
