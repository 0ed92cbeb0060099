"""Fetches an export of the query API: one archive, compared file by file with its manifest; put in place whole.

An archive is of one instant, so a download that breaks cannot go on: it is begun again.
"""

import hashlib
import http.client
import json
import shutil
import tempfile
import time
import urllib.parse
import zipfile
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from arcwatch.clients.api import NoAnswerError, opened
from arcwatch.errors import DeploymentError

MANIFEST: Final = "manifest.json"
TRIES: Final = 3
_MOST_WAIT_SECONDS: Final = 60
# A statement of an export may take 30 s, and nothing comes meanwhile.
SILENCE_SECONDS: Final = 60.0
_AT_ONCE: Final = 256 * 1024
# What an archive raises that is not as it should be, and a manifest.
_UNREADABLE: Final = (zipfile.BadZipFile, zlib.error, EOFError, LookupError, RuntimeError, TypeError, ValueError)


@dataclass(frozen=True)
class Progress:
    """Who is told of a download: how many bytes are there, and why one begins again."""

    received: Callable[[int], object] = lambda _: None
    again: Callable[[str], object] = lambda _: None


class _BrokenError(Exception):
    """A download ended before it was whole."""


def export(
    base: str,
    query: Mapping[str, object],
    folder: Path,
    progress: Progress,
    sleep: Callable[[float], object] = time.sleep,
) -> dict[str, Any]:
    """Put what the query API exports into a folder, and return the manifest; on any failure the folder is as it was."""
    given = {name: value for name, value in query.items() if value is not None}
    path = f"/export/snapshot?{urllib.parse.urlencode(given)}"
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".export-", dir=folder) as hidden:
        archive, files = Path(hidden) / "archive.zip", Path(hidden) / "files"
        _fetch(base, path, archive, progress, sleep)
        try:
            manifest = _unpacked(archive, files)
        except _UNREADABLE as error:
            raise DeploymentError(f"the archive is damaged, or of no export ({error}): export again") from error
        _put_in_place(files, folder, manifest)
    return manifest


def _fetch(base: str, path: str, archive: Path, progress: Progress, sleep: Callable[[float], object]) -> None:
    for tries_left in reversed(range(TRIES)):
        try:
            _download(base, path, archive, progress.received)
        except _BrokenError as error:
            if not tries_left:
                raise DeploymentError(f"the download broke {TRIES} times, at last: {error}") from error
            progress.again(f"the download broke ({error}); it begins again")
        except NoAnswerError as error:
            if not tries_left or error.retry_after_seconds is None:
                raise
            progress.again(f"{error}; it is asked again in {error.retry_after_seconds} s")
            sleep(min(error.retry_after_seconds, _MOST_WAIT_SECONDS))
        else:
            return


def _download(base: str, path: str, archive: Path, received: Callable[[int], object]) -> None:
    count = 0
    with opened(base, path, timeout_seconds=SILENCE_SECONDS) as response, archive.open("wb") as target:
        try:
            while data := response.read(_AT_ONCE):
                count += target.write(data)
                received(count)
        except (http.client.HTTPException, ConnectionError, TimeoutError) as error:
            raise _BrokenError(str(error) or type(error).__name__) from error
    # What came by way of a proxy that hides where it was cut off.
    if not zipfile.is_zipfile(archive):
        raise _BrokenError("it is no whole archive")


def _unpacked(archive: Path, files: Path) -> dict[str, Any]:
    """Unpack into a folder, and return the manifest; raise where a file is not what that says."""
    with zipfile.ZipFile(archive) as packed:
        manifest: dict[str, Any] = json.loads(packed.read(MANIFEST))
        files.mkdir()
        for described in manifest["files"]:
            target = files / _plain(described["name"])
            with packed.open(described["name"]) as source, target.open("wb") as unpacked:
                shutil.copyfileobj(source, unpacked, _AT_ONCE)
            with target.open("rb") as unpacked:
                if hashlib.file_digest(unpacked, "sha256").hexdigest() != described["sha256"]:
                    raise DeploymentError(f"{described['name']} is not what the manifest says: export again")
        (files / MANIFEST).write_bytes(packed.read(MANIFEST))
    return manifest


def _plain(name: str) -> str:
    if name != Path(name).name or name.startswith(".") or name == MANIFEST:
        raise DeploymentError(f"the archive holds {name!r}, which is no name of an exported file")
    return name


def _put_in_place(files: Path, folder: Path, manifest: Mapping[str, Any]) -> None:
    """Move the files; those of an earlier export go. Where there is a manifest, everything it names is there."""
    earlier = {_plain(name) for name in _names_in(folder / MANIFEST)}
    names = [each["name"] for each in manifest["files"]]
    for name in {*names, *earlier}:
        if (folder / name).is_dir():
            raise DeploymentError(f"{folder / name} is a folder, where a file goes: name another folder")
    (folder / MANIFEST).unlink(missing_ok=True)
    for name in names:
        (files / name).replace(folder / name)
    for name in earlier - {*names}:
        (folder / name).unlink(missing_ok=True)
    (files / MANIFEST).replace(folder / MANIFEST)


def _names_in(manifest: Path) -> set[str]:
    try:
        return {each["name"] for each in json.loads(manifest.read_bytes())["files"] if each.get("sha256")}
    except FileNotFoundError:
        return set()
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise DeploymentError(f"{manifest} is none of an export: name another folder") from error
