"""The folder that a deployment lives in: who holds it, where things are, what the other commands must know."""

import contextlib
import fcntl
import json
import os
import secrets
import shutil
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from arcwatch.errors import DeploymentError

# What a deployment makes in its folder, apart from the lock.
_OWN_NAMES = ("logs", "nats", "postgres", "hub", "state.json", "secrets.json")

# After `kill -9` of a deployment its children are gone within a moment; PostgreSQL may need a little longer.
_LEFTOVERS_SECONDS = 15.0


class DataDir:
    """A deployment's folder."""

    def __init__(self, path: Path) -> None:
        self.path = path
        # Each child's output, one file per name.
        self.logs = path / "logs"
        # Ports and, while it runs, the addresses of the deployment.
        self.state_file = path / "state.json"
        # What was generated once and must stay.
        self.secrets_file = path / "secrets.json"
        # Locked by whoever runs a deployment here; holds its process id.
        self.lock_file = path / "lock"

    @classmethod
    def at(cls, chosen: Path | None) -> "DataDir":
        """Return the chosen folder, or that of ARCWATCH_DATA_DIR, or .arcwatch here."""
        return cls(Path(chosen or os.environ.get("ARCWATCH_DATA_DIR") or ".arcwatch").absolute())

    @property
    def demo(self) -> "DataDir":
        """The folder of `arcwatch demo`, apart from that of `arcwatch up`."""
        return DataDir(self.path / "demo")

    def prepare(self) -> None:
        """Make the folder; raise DeploymentError where that cannot be."""
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            if not self.lock_file.exists() and any((self.path / name).exists() for name in _OWN_NAMES):
                raise DeploymentError(
                    f"{self.path} holds something else than arcwatch's data: choose another --data-dir"
                )
            # First: it marks the folder as ours, also when the power fails right now.
            self.lock_file.touch()
            self.logs.mkdir(exist_ok=True)
        except OSError as error:
            raise DeploymentError(
                f"cannot use {self.path} as the data folder: {error.strerror}; choose another with --data-dir"
            ) from error

    def clear(self) -> None:
        """Remove the data of an earlier deployment; whatever is not ours stays. Only for who holds the lock."""
        for name in _OWN_NAMES:
            path = self.path / name
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)
        self.logs.mkdir()

    @contextlib.contextmanager
    def locked(self) -> Iterator[int]:
        """Hold the folder for this process; yield the lock's descriptor.

        Children that are given it hold the lock as long as they live: after `kill -9` the next start waits for them.
        """
        descriptor = os.open(self.lock_file, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            self._take(descriptor)
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
            yield descriptor
        finally:
            os.close(descriptor)

    def _take(self, descriptor: int) -> None:
        deadline = time.monotonic() + _LEFTOVERS_SECONDS
        while not _lock(descriptor):
            holder = int(os.pread(descriptor, 32, 0).strip() or 0)
            if holder and psutil.pid_exists(holder):
                raise DeploymentError(
                    f"arcwatch (pid {holder}) already runs in {self.path}: stop it first, or choose another --data-dir"
                )
            if time.monotonic() > deadline:
                raise DeploymentError(
                    f"processes of an earlier start (pid {holder}, killed) still use {self.path}: "
                    "see `ps`, stop them, and start again"
                )
            time.sleep(0.05)

    def is_running(self) -> bool:
        """Tell whether a deployment holds this folder."""
        try:
            descriptor = os.open(self.lock_file, os.O_RDONLY)
        except OSError:
            return False
        try:
            return not _lock(descriptor, fcntl.LOCK_SH)
        finally:
            os.close(descriptor)

    def state(self) -> dict[str, Any]:
        """Return what was remembered, or nothing."""
        return _read(self.state_file)

    def remember(self, **values: object) -> None:
        """Add to what is remembered."""
        write_private(self.state_file, {**self.state(), **values})

    def nats_passwords(self) -> Mapping[str, str]:
        """Return the password of each NATS user that was ever made here."""
        return dict(_read(self.secrets_file).get("nats") or {})

    def admin_token(self) -> str | None:
        """Return the token that was made here, if any."""
        found: str | None = _read(self.secrets_file).get("admin_token")
        return found

    def secrets(self, users: tuple[str, ...]) -> "Secrets":
        """Return the generated secrets, made where they are missing."""
        found = _read(self.secrets_file)
        kept = self.nats_passwords()
        made = Secrets(
            nats={user: kept.get(user) or secrets.token_urlsafe(24) for user in users},
            admin_token=found.get("admin_token") or secrets.token_urlsafe(24),
        )
        write_private(self.secrets_file, {"nats": dict(made.nats), "admin_token": made.admin_token})
        return made


@dataclass(frozen=True, repr=False)
class Secrets:
    """Random passwords: of each NATS user, and the token for what changes something over HTTP."""

    nats: Mapping[str, str]
    admin_token: str


def write_private(path: Path, value: object) -> None:
    """Replace a file in one step with JSON that only we may read."""
    fresh = path.with_name(f"{path.name}.new")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(value, file, indent=2, ensure_ascii=False)
        file.write("\n")
        file.flush()
        os.fsync(descriptor)
    fresh.replace(path)


def _read(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise DeploymentError(f"cannot read {path}: {error}; mend it, or remove it to begin anew") from error
    if not isinstance(found, dict):
        raise DeploymentError(f"{path} does not hold a JSON object; remove it to begin anew")
    return found


def _lock(descriptor: int, kind: int = fcntl.LOCK_EX) -> bool:
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
