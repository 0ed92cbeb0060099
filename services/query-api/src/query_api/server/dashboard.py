"""The built dashboard: its page for every address that it knows, and its files, which never change under a name."""

from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Final

from aiohttp import web

from query_api.schemas.problems import ProblemError
from query_api.server.http import Handler
from query_api.server.static_files import static_file

BUILT: Final = Path(str(files("query_api") / "static" / "dashboard"))
# The addresses of services/query-api/dashboard/src/App.tsx.
ADDRESSES: Final = ("/", "/models", "/tasks", "/ingestion", "/operations")
# Such as /tasks/00576224: the page asks the API whether there is one.
ADDRESSES_BELOW: Final = ("/tasks/{task}",)
_POLICY: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self' data:; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
}
# The file's name holds a hash of its content.
_FOREVER: Final = {"Cache-Control": "public, max-age=31536000, immutable"}
_TYPES: Final[Mapping[str, str]] = {
    ".ico": "image/x-icon",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".woff2": "font/woff2",
}
_PACKED: Final = frozenset({".woff2"})


def pages() -> dict[str, Handler]:
    """Return what answers to every path; where the dashboard was not built, its addresses say so."""
    index = BUILT / "index.html"
    if not index.exists():
        return dict.fromkeys((*ADDRESSES, *ADDRESSES_BELOW), _not_built)
    html = index.read_bytes()
    # Everything that the page names is relative to it.
    page, below = (
        static_file(each, "text/html; charset=utf-8", _POLICY) for each in (html, html.replace(b'="./', b'="../'))
    )
    others = sorted(file for file in BUILT.rglob("*") if file.suffix in _TYPES)
    return {
        **dict.fromkeys(ADDRESSES, page),
        **dict.fromkeys(ADDRESSES_BELOW, below),
        **{f"/{file.relative_to(BUILT).as_posix()}": _static(file) for file in others},
    }


async def _not_built(_: web.Request) -> web.StreamResponse:
    raise ProblemError(503, "the dashboard is not built: run `make install`, which builds it; the API is at /docs")


def _static(file: Path) -> Handler:
    headers = _FOREVER if file.parent.name == "assets" else None
    return static_file(file.read_bytes(), _TYPES[file.suffix], headers, compress=file.suffix not in _PACKED)
