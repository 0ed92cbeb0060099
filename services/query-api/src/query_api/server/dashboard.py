"""The built dashboard: its page for every address that it knows, and its files, which never change under a name."""

from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Final

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


def sources(built: Path = BUILT) -> dict[str, StaticFile]:
    """Return every file by its path; nothing when the dashboard was not built."""
    index = built / "index.html"
    if not index.exists():
        return {}
    page = StaticFile(index.read_bytes(), "text/html; charset=utf-8", POLICY)
    return {**dict.fromkeys(ADDRESSES, page), **{_path(file, built): _static(file) for file in sorted(_others(built))}}


def _others(built: Path) -> list[Path]:
    return [file for file in built.rglob("*") if file.suffix in _TYPES]


def _path(file: Path, built: Path) -> str:
    return f"/{file.relative_to(built).as_posix()}"


def _static(file: Path) -> StaticFile:
    return StaticFile(
        file.read_bytes(),
        _TYPES[file.suffix],
        compress=file.suffix not in _PACKED,
        cache_control=_FOREVER if file.parent.name == "assets" else None,
    )
