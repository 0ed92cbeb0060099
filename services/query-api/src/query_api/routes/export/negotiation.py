"""What a request takes, by its headers: which format of an export, and whether compressed."""

from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Final

from query_api.routes.export.export_shapes import FileFormat
from query_api.schemas.problems import ProblemError

MEDIA_TYPES: Final[Mapping[FileFormat, str]] = MappingProxyType(
    {"csv": "text/csv", "jsonl": "application/x-ndjson", "parquet": "application/vnd.apache.parquet"}
)
_OTHER_NAMES: Final[Mapping[str, FileFormat]] = {
    "application/jsonl": "jsonl",
    "application/jsonlines": "jsonl",
    "application/x-jsonlines": "jsonl",
    "application/ndjson": "jsonl",
    "application/x-parquet": "parquet",
    "application/parquet": "parquet",
}
_KNOWN: Final[Mapping[str, FileFormat]] = {**{kind: name for name, kind in MEDIA_TYPES.items()}, **_OTHER_NAMES}
_ANYTHING: Final = ("*/*", "text/*")


@lru_cache(maxsize=256)
def accepts_gzip(accept_encoding: str) -> bool:
    """Tell whether a client takes gzip, by its Accept-Encoding."""
    for part in accept_encoding.lower().split(","):
        name, _, weight = part.partition(";")
        if name.strip() == "gzip":
            return weight.replace(" ", "") not in {"q=0", "q=0.0", "q=0.00", "q=0.000"}
    return False


def negotiated(accept: str) -> FileFormat:
    """Return what an Accept header wants most; CSV where it takes anything, a ProblemError where it takes none."""
    wanted = sorted(_ranges(accept or "*/*"), key=lambda each: -each[1])
    for kind, quality in wanted:
        if quality > 0 and (found := "csv" if kind in _ANYTHING else _KNOWN.get(kind)):
            return found
    if any(kind == "application/*" and quality > 0 for kind, quality in wanted):
        return "jsonl"
    raise ProblemError(406, f"there is {', '.join(MEDIA_TYPES.values())}; or say ?format=csv, jsonl or parquet")


def _ranges(accept: str) -> list[tuple[str, float]]:
    return [_range(each) for each in accept.split(",") if each.strip()]


def _range(text: str) -> tuple[str, float]:
    kind, *parameters = (part.strip().lower() for part in text.split(";"))
    quality = next((each[2:] for each in parameters if each.startswith("q=")), "1")
    try:
        return kind, float(quality)
    except ValueError:
        return kind, 0.0
