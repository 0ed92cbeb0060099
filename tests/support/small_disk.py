"""A small file system, and a file that fills it."""

import contextlib
import os
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

MEBIBYTE = 1024 * 1024


class SmallDisk:
    """A file system of so many bytes at `path`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._filler = path / "filler"

    def fill(self, leave: int) -> None:
        """Leave so many bytes free."""
        found = os.statvfs(self.path)
        with self._filler.open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, found.f_bavail * found.f_frsize - leave)

    def make_room(self) -> None:
        """Take the filler away."""
        self._filler.unlink()


@contextlib.contextmanager
def small_disk(size: int) -> Iterator[SmallDisk]:
    """Mount one (as root), until the block ends."""
    with tempfile.TemporaryDirectory(prefix="arcwatch-small-disk-") as folder:
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size},mode=755", "tmpfs", folder], check=True)
        try:
            yield SmallDisk(Path(folder))
        finally:
            # Lazily: what a test that failed has left open must not keep the folder.
            subprocess.run(["umount", "--lazy", folder], check=True)
