"""The file of a backup: a ZIP archive with a manifest and a file for each table, put in place whole or not at all."""

import contextlib
import hashlib
import json
import os
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Final, Protocol, cast

from pydantic import BaseModel, ConfigDict, ValidationError

from arcwatch.errors import DeploymentError

FORMAT: Final = 1
_MANIFEST: Final = "manifest.json"
_AT_ONCE: Final = 256 * 1024
_UNREADABLE: Final = (zipfile.BadZipFile, zlib.error, EOFError, KeyError, RuntimeError, ValidationError, ValueError)


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True)


class Column(_Part):
    """One column of a table, with its type in PostgreSQL's words."""

    name: str
    type: str


class Table(_Part):
    """What a backup holds of one table."""

    name: str
    columns: tuple[Column, ...]
    rows: int
    bytes: int
    sha256: str

    @property
    def file(self) -> str:
        """The name in the archive."""
        return f"{self.name}.copy"


class Answers(_Part):
    """What the query API answers from these rows at `made_at`: the hash of each body, and which code computed them."""

    code: str
    sha256: dict[str, str]


class Manifest(_Part):
    """What a backup says of itself. `left_out` are tables of others in the same database.

    Without `answers`, they could not be computed: rows are there all the same.
    """

    format: int = FORMAT
    made_at: datetime
    arcwatch: str
    postgresql: str
    migrations: tuple[str, ...]
    tables: tuple[Table, ...]
    left_out: tuple[str, ...]
    answers: Answers | None


class Target(Protocol):
    """What takes bytes."""

    def write(self, data: bytes, /) -> int:
        """Take some, and tell how many."""


class Digest:
    """Counts and hashes what is written to it, and hands it on."""

    def __init__(self, target: Target | None = None) -> None:
        self.bytes = 0
        self._target, self._hash = target, hashlib.sha256()

    def write(self, data: bytes, /) -> int:
        """Take some bytes."""
        self.bytes += len(data)
        self._hash.update(data)
        return self._target.write(data) if self._target else len(data)

    async def take(self, data: bytes) -> None:
        """Take some bytes, as the database gives them."""
        self.write(data)

    @property
    def sha256(self) -> str:
        """The hash of all so far."""
        return self._hash.hexdigest()


@contextlib.contextmanager
def written(target: Path) -> Iterator[zipfile.ZipFile]:
    """Yield an archive that is `target` once the block ends; after a failure there is what was there before.

    Raises DeploymentError where something is in its place that is no archive.
    """
    target = target.resolve()  # a link stays one, and leads to the new archive
    if target.exists() and not (target.is_file() and zipfile.is_zipfile(target)):
        raise DeploymentError(f"{target} is there already, and is no backup: give another name")
    descriptor, name = tempfile.mkstemp(prefix=".unfinished-backup-", dir=target.parent)
    hidden = Path(name)
    try:
        with os.fdopen(descriptor, "w+b") as file:
            with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
                yield archive
            file.flush()
            os.fsync(descriptor)
        hidden.replace(target)
    except BaseException:
        hidden.unlink(missing_ok=True)
        raise
    _keep_name(target.parent)


def _keep_name(folder: Path) -> None:
    """Have a new name outlive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def add_manifest(archive: zipfile.ZipFile, manifest: Manifest) -> None:
    """Write the manifest: last, as it names what all others are."""
    archive.writestr(_MANIFEST, manifest.model_dump_json(indent=2))


class Backup:
    """A backup that is read. Everything in it was compared with its hash when it was opened."""

    def __init__(self, path: Path, archive: zipfile.ZipFile) -> None:
        self.path, self._archive = path, archive
        self.manifest = _manifest(archive)
        for table in self.manifest.tables:
            self._check(table)

    def open(self, table: Table) -> BinaryIO:
        """Open the rows of a table, as COPY takes them."""
        return cast("BinaryIO", self._archive.open(table.file))

    def _check(self, table: Table) -> None:
        digest = Digest()
        with self.open(table) as file:
            while data := file.read(_AT_ONCE):
                digest.write(data)
        if (digest.bytes, digest.sha256) != (table.bytes, table.sha256):
            raise DeploymentError(f"{self.path}: {table.file} is not what the manifest says; take another backup")


def _manifest(archive: zipfile.ZipFile) -> Manifest:
    body = archive.read(_MANIFEST)
    with contextlib.suppress(ValueError, LookupError, TypeError):
        if (found := json.loads(body)["format"]) > FORMAT:
            raise DeploymentError(f"its format is {found}, this arcwatch reads up to {FORMAT}: use a later arcwatch")
    return Manifest.model_validate_json(body)


@contextlib.contextmanager
def opened(path: Path) -> Iterator[Backup]:
    """Yield a backup, all of whose bytes are as its manifest says; raise DeploymentError for one that is not whole."""
    with contextlib.ExitStack() as stack:
        try:
            backup = Backup(path, stack.enter_context(zipfile.ZipFile(path)))
        except OSError as error:
            raise DeploymentError(f"{path} cannot be read: {error.strerror or error}") from error
        except _UNREADABLE as error:
            raise DeploymentError(f"{path} is damaged, or no backup of arcwatch: {error}") from error
        yield backup
