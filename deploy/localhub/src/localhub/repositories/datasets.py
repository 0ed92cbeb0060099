"""The folder of datasets: DIR/<owner>/<name>, with the history in DIR/.hub/<owner>/<name>.git."""

import re
import threading
from collections.abc import Callable
from pathlib import Path

from localhub.repositories.repository import DatasetRepository, NewCommit

STATE = ".hub"
ATTRIBUTES = b"*.parquet filter=lfs diff=lfs merge=lfs -text\n"  # the Hub's names more, none of them JSON
_NAME = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*", re.ASCII)


class Datasets:
    """Opens dataset repositories at the first request for them."""

    def __init__(
        self,
        root: Path,
        *,
        lfs_above: int | None,
        on_commit: Callable[[NewCommit], None],
    ) -> None:
        self.root = root
        self._lfs_above = lfs_above
        self._on_commit = on_commit
        self._open: dict[str, DatasetRepository] = {}
        self._renamed: dict[str, str] = {}
        self._lock = threading.Lock()

    def names(self) -> list[str]:
        """List the datasets that are there now."""
        found = (folder.relative_to(self.root).as_posix() for folder in self.root.glob("*/*") if folder.is_dir())
        return sorted(name for name in found if _NAME.fullmatch(name))

    def get(self, name: str) -> DatasetRepository | None:
        """Open a dataset; None when its folder is not there."""
        if not _NAME.fullmatch(name) or not (self.root / name).is_dir():
            return None
        with self._lock:
            if name not in self._open:
                folders = self.root / name, self.root / STATE / f"{name}.git"
                self._open[name] = DatasetRepository(name, *folders, self._lfs_above, self._on_commit)
            return self._open[name]

    def canonical(self, name: str) -> str:
        """Return the name of a dataset that was renamed, or is asked for in another letter case."""
        seen = {name}
        while (new := self._renamed.get(name)) and new not in seen:
            seen.add(name := new)
        return next((known for known in self.names() if known.casefold() == name.casefold()), name)

    def rename(self, old: str, new: str) -> None:
        """Keep a dataset, with its history, under another name; the old one leads there until it is taken again."""
        repository = self.create(old)
        with self._lock:
            self._open.pop(repository.name, None)
            repository.close()
            for root in (self.root, self.root / STATE):
                suffix = "" if root == self.root else ".git"
                (root / new).parent.mkdir(parents=True, exist_ok=True)
                (root / f"{old}{suffix}").rename(root / f"{new}{suffix}")
            self._renamed[old] = new
            self._renamed.pop(new, None)

    def create(self, name: str) -> DatasetRepository:
        """Open a dataset, after making its folder where there is none."""
        if not _NAME.fullmatch(name):
            raise ValueError(f"{name!r} is not a dataset's name: it must be <owner>/<name>")
        (self.root / name).mkdir(parents=True, exist_ok=True)
        repository = self.get(name)
        if repository is None:
            raise FileNotFoundError(f"{self.root / name} vanished")
        return repository

    def create_new(self, name: str) -> bool:
        """Make a dataset with the first commit that the Hub gives it; False where it is there already."""
        if self.get(name):
            return False
        self.create(name).commit({".gitattributes": ATTRIBUTES}, "initial commit")
        return True

    def refresh(self) -> None:
        """Commit what changed in any dataset."""
        for name in self.names():
            if repository := self.get(name):
                repository.head()

    def close(self) -> None:
        with self._lock:
            for repository in self._open.values():
                repository.close()
            self._open.clear()
