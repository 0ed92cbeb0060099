"""One ZIP archive, written while it is sent: files, then the manifest that names them with their hashes.

A reader finds the files by the directory at the archive's end: of one that was cut off none can be opened.
"""

import hashlib
import zipfile
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import IO, Any, Final

from query_api.routes.export.byte_sink import ByteSink
from query_api.routes.export.export_shapes import ExportedColumn, ExportedFile, Manifest

MANIFEST: Final = "manifest.json"
# Of which no ZIP knows an earlier one.
_FIRST_YEAR: Final = 1980


@dataclass
class ArchivedFile:
    """A file that is being written into an archive."""

    archive: "Archive"
    name: str
    columns: Sequence[ExportedColumn]
    target: IO[bytes]
    _bytes: int = 0
    _hash: Any = field(default_factory=hashlib.sha256)

    def write(self, data: bytes) -> bytes:
        """Add to the file; return what that adds to the archive."""
        self._hash.update(data)
        self._bytes += len(data)
        self.target.write(data)
        return self.archive.sink.taken()

    def close(self, rows: int = 0) -> bytes:
        """End the file, of so many rows; return what is left of it in the archive."""
        self.target.close()
        described = ExportedFile(
            name=self.name, rows=rows, bytes=self._bytes, sha256=self._hash.hexdigest(), columns=tuple(self.columns)
        )
        self.archive.files.append(described)
        return self.archive.sink.taken()


class Archive(AbstractContextManager["Archive"]):
    """A ZIP archive of files that are as old as the snapshot they are of; closed at the block's end, whole or not."""

    def __init__(self, at: datetime) -> None:
        self.sink = ByteSink()
        self.files: list[ExportedFile] = []
        self._zip = zipfile.ZipFile(self.sink, "w")
        self._target: IO[bytes] | None = None
        self._date_time = max(at.timetuple()[:6], (_FIRST_YEAR, 1, 1, 0, 0, 0))

    def open(self, name: str, columns: Sequence[ExportedColumn] = (), *, compress: bool) -> ArchivedFile:
        """Begin a file, after the one before was closed."""
        about = zipfile.ZipInfo(name, self._date_time)
        about.compress_type = zipfile.ZIP_DEFLATED if compress else zipfile.ZIP_STORED
        about.external_attr = 0o644 << 16
        # However large it may become: a header that is sent cannot be changed.
        self._target = self._zip.open(about, "w", force_zip64=True)
        return ArchivedFile(self, name, columns, self._target)

    def end(self, manifest: Manifest) -> bytes:
        """Add the manifest and the directory."""
        file = self.open(MANIFEST, compress=True)
        last = file.write(manifest.model_dump_json(indent=2).encode() + b"\n") + file.close()
        self._zip.close()
        return last + self.sink.taken()

    def __exit__(self, *_: object) -> None:
        """Close what is open: collected as garbage, it would complain."""
        if self._target is not None:
            self._target.close()
        self._zip.close()
        self.sink.taken()
