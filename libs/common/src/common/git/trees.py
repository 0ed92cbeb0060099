"""Whether a folder's listing is the folder: git names a tree by the names, modes and oids of its entries. Pure.

A listing tells no modes. Nearly all files are 100644, so that is tried first, then what occurs: all of them executable,
those of one suffix, a single one, a symbolic link. Any choice at all would be 2^n tries.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final

from common.git.oids import oid_of

_FOLDER: Final = b"40000"
_FILE: Final = b"100644"
_EXECUTABLE: Final = b"100755"
_LINK: Final = b"120000"
# A link's content is the path that it leads to.
_LONGEST_LINK: Final = 4096
# For one folder: a third of a second, and every single file of a submission of 400 gets its try.
_BYTES_TO_HASH: Final = 20_000_000


@dataclass(frozen=True)
class Entry:
    """What a listing says of a path: the oid of its blob or tree. `size` is None for a folder."""

    path: str
    oid: str
    size: int | None = None


def is_tree(oid: str, folder: str, entries: Iterable[Entry]) -> bool:
    """Tell whether everything listed below a folder makes the tree of this oid.

    Folders are listed with their own oids; each must follow from what is listed below it.
    """
    inside: dict[str, list[Entry]] = defaultdict(list)
    oids = {folder: oid}
    for entry in entries:
        inside[entry.path.rpartition("/")[0]].append(entry)
        if entry.size is None:
            oids[entry.path] = entry.oid
    if inside.keys() != oids.keys():
        # Files of a folder that is not listed; or a folder of nothing, which git does not have.
        return False
    return all(_is_tree(oids[path], children) for path, children in inside.items())


def _is_tree(oid: str, entries: list[Entry]) -> bool:
    try:
        entries = sorted(entries, key=_place)
        oids = [bytes.fromhex(entry.oid) for entry in entries]
    except ValueError:  # no oid, or a path that no bytes make
        return False
    paths = [entry.path for entry in entries]
    if len(set(paths)) < len(paths):
        return False
    names = [path.rpartition("/")[2].encode(errors="surrogateescape") for path in paths]
    tries = max(3, _BYTES_TO_HASH // sum(len(name) + 64 for name in names))
    for _, modes in zip(range(tries), _choices(entries), strict=False):
        parts = (b"%s %s\0%s" % (modes[path], *rest) for path, *rest in zip(paths, names, oids, strict=True))
        if oid_of(b"tree", b"".join(parts), len(oid)) == oid:
            return True
    return False


def _place(entry: Entry) -> bytes:
    """Return what git sorts by: a folder stands where its name with a slash would."""
    return (entry.path if entry.size is not None else f"{entry.path}/").encode(errors="surrogateescape")


def _choices(entries: list[Entry]) -> Iterator[Mapping[str, bytes]]:
    """Return the modes to try, the likely ones first."""
    files = [entry for entry in entries if entry.size is not None]
    plain = {entry.path: _FOLDER if entry.size is None else _FILE for entry in entries}
    yield plain
    by_suffix: dict[str, list[Entry]] = defaultdict(list)
    for file in files:
        by_suffix[PurePosixPath(file.path).suffix].append(file)
    for alike in (files, *by_suffix.values(), *([file] for file in files)):
        yield plain | {file.path: _EXECUTABLE for file in alike}
    for file in files:
        if file.size is not None and 0 < file.size <= _LONGEST_LINK:
            yield plain | {file.path: _LINK}
