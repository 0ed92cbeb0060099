"""Whose an admin's token is: that of ADMIN_TOKEN is named admin, those of ADMIN_TOKENS_FILE as the file says."""

import hmac
import re
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Final

import structlog
from common.outcomes import StartupError

log = structlog.get_logger(__name__)

ADMIN: Final = "admin"
_LINE = re.compile(r"(?P<name>[A-Za-z0-9][A-Za-z0-9._@-]{0,63}):(?P<token>\S.*)")
_HASHED = re.compile(r"sha256:(?P<digest>[0-9a-fA-F]{64})")
# A name, and the hash of its token: a name has several while its token is changed.
Named = tuple[str, bytes]


class TokensFileError(Exception):
    """The file of tokens cannot be read."""


def read(file: Path) -> list[Named]:
    """Return the names and tokens of a file: lines `name:token` or `name:sha256:<hash>`, comments after #."""
    try:
        lines = file.read_text().splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise TokensFileError(f"{file} cannot be read: {error}") from error
    return list(_named(file, lines))


def _named(file: Path, lines: list[str]) -> Iterator[Named]:
    for number, line in enumerate(map(str.strip, lines), 1):
        if not line or line.startswith("#"):
            continue
        found = _LINE.fullmatch(line)
        token = found["token"] if found else ""
        hashed = _HASHED.fullmatch(token)
        # What is wrong is not quoted: it may be a secret.
        if found is None or (token.startswith("sha256:") and hashed is None):
            raise TokensFileError(f"{file}, line {number}: write name:token or name:sha256:<64 hex digits>")
        yield found["name"], bytes.fromhex(hashed["digest"]) if hashed else sha256(token.encode()).digest()


class AdminTokens:
    """The tokens of one server. A file that changes counts from the next request on."""

    def __init__(self, token: str | None, file: Path | None) -> None:
        self._own: list[Named] = [] if token is None else [(ADMIN, sha256(token.encode()).digest())]
        self._file = file
        self._stamp = _stamp(file)
        try:
            self._named = read(file) if file else []
        except TokensFileError as error:
            raise StartupError(f"bad setting ADMIN_TOKENS_FILE: {error}") from error

    @property
    def are_there(self) -> bool:
        """Whether there is any token."""
        return bool(self._own or self._named or self._file)

    def name_of(self, given: str) -> str | None:
        """Return whose token is given; all are compared, each in constant time."""
        self._read_again()
        digest = sha256(given.encode(errors="surrogateescape")).digest()
        found = [name for name, known in (*self._own, *self._named) if hmac.compare_digest(digest, known)]
        return found[0] if found else None

    def _read_again(self) -> None:
        """Read a file that changed; where that fails, what was read before counts."""
        if self._file is None or (stamp := _stamp(self._file)) == self._stamp:
            return
        self._stamp = stamp
        try:
            self._named = read(self._file)
        except TokensFileError as error:
            log.warning("admin_tokens.not_read", reason=str(error))
        else:
            log.info("admin_tokens.read", names=sorted({name for name, _ in self._named}))


def _stamp(file: Path | None) -> object:
    try:
        found = file.stat() if file else None
    except OSError:
        return None
    return found and (found.st_mtime_ns, found.st_size, found.st_ino)
