"""Debian's nginx, with the site of deploy/nginx, in front of a query API of a test."""

import asyncio
import contextlib
import os
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

from tests.support.eventually import eventually
from tests.support.ports import free_port

SITE = Path(__file__).parents[2] / "deploy/nginx/arcwatch.conf"
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
    command = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
    assert command, "these tests need Debian's nginx: run `make debian-packages`"
    port = free_port()
    site = SITE.read_text()
    where = (("listen 80;", f"listen 127.0.0.1:{port};"), ("    listen [::]:80;\n", ""))
    for old, new in (*where, ("127.0.0.1:8080;", f"{urlsplit(api_url).netloc};"), *changes):
        assert site.count(old) == 1, old
        site = site.replace(old, new)
    await asyncio.to_thread(_configure, folder, site)
    process = await asyncio.create_subprocess_exec(command, "-p", folder, "-c", folder / "nginx.conf")
    try:

        async def listens() -> bool:
            assert process.returncode is None, (folder / "error.log").read_text()
            with contextlib.suppress(OSError):
                _, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.close()
                return True
            return False

        await eventually(listens, what="nginx")
        yield f"http://127.0.0.1:{port}{PREFIX}"
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        await process.wait()
