"""The built dashboard: its page for every address that it knows, and its files, which never change under a name."""

from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Final

from aiohttp import web

from query_api.schemas.problems import ProblemError
from query_api.server.static_files import StaticFile

BUILT: Final = Path(str(files("query_api") / "static" / "dashboard"))
# The addresses of services/query-api/dashboard/src/App.tsx.
ADDRESSES: Final = ("/", "/models", "/ingestion")
POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
# The file's name holds a hash of its content.
_FOREVER: Final = "public, max-age=31536000, immutable"
_TYPES: Final[Mapping[str, str]] = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".woff2": "font/woff2",
}
_PACKED: Final = frozenset({".woff2"})


def sources() -> dict[str, StaticFile]:
    """Return every file by its path; nothing when the dashboard was not built."""
    index = BUILT / "index.html"
    if not index.exists():
        return {}
    page = StaticFile(index.read_bytes(), "text/html; charset=utf-8", POLICY)
    others = sorted(file for file in BUILT.rglob("*") if file.suffix in _TYPES)
    return {
        **dict.fromkeys(ADDRESSES, page),
        **{f"/{file.relative_to(BUILT).as_posix()}": _static(file) for file in others},
    }


async def not_built(_: web.Request) -> web.StreamResponse:
    """Answer in the place of a dashboard that is not there."""
    raise ProblemError(503, "the dashboard is not built: run `make install`, which builds it; the API is at /docs")


def _static(file: Path) -> StaticFile:
    return StaticFile(
        file.read_bytes(),
        _TYPES[file.suffix],
        compress=file.suffix not in _PACKED,
        cache_control=_FOREVER if file.parent.name == "assets" else None,
    )
