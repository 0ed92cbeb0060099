"""What an answer of the Hub means: its word in the metrics, the error it raises, whether another try helps. Pure."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Literal

from common.hub.quota import MAX_WAIT_SECONDS, reset_seconds, retry_after_seconds
from common.outcomes import TransientError

RequestOutcome = Literal["ok", "rate_limited", "unauthorized", "not_found", "server_error", "connection_lost", "other"]
_OUTCOMES: Mapping[int, RequestOutcome] = {
    HTTPStatus.UNAUTHORIZED: "unauthorized",
    HTTPStatus.FORBIDDEN: "unauthorized",
    HTTPStatus.NOT_FOUND: "not_found",
    HTTPStatus.TOO_MANY_REQUESTS: "rate_limited",
}
# A history that was rewritten between two requests can be listed again at once.
REWRITTEN_SECONDS = 1.0


class HubRefusedError(TransientError):
    """The Hub says 401, 403 or 404 for a whole dataset. It may be private, gated, renamed or gone: never "empty"."""

    def __init__(self, reason: str, status: int | None = None) -> None:
        super().__init__(reason, kind="hub_refused")
        self.status = status


class RevisionGoneError(TransientError):
    """A pinned commit is no longer there: the history was squashed or force-pushed. The next delivery lists again."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason, kind="revision_gone", retry_after_seconds=REWRITTEN_SECONDS)


class FolderGoneError(RevisionGoneError):
    """A folder is not in a complete listing of the revision."""


class FileMissingError(TransientError):
    """The Hub has no such file at the commit. A copy of it may lag behind: the next delivery sees."""

    def __init__(self, path: str) -> None:
        super().__init__(f"{path}: the Hub has no such file at the commit", kind="unavailable")


class CorruptFileError(TransientError):
    """The bytes are not those that the listing named, whatever the status says."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{path}: {reason}", kind="integrity")


class UnboundedAnswerError(TransientError):
    """An answer that does not end within the bounds. Asked again at once, it would only cost the same again."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason, kind="hub_error")


_NOT_RETRIED = (HubRefusedError, RevisionGoneError, FileMissingError, UnboundedAnswerError)


def worth_retrying(error: Exception) -> bool | float:
    """Tell stamina whether to try again, and after how many seconds where the Hub named them."""
    if not isinstance(error, TransientError) or isinstance(error, _NOT_RETRIED):
        return False
    if error.retry_after_seconds is None:
        return True
    # What takes longer than a window of the quota is for a later delivery.
    return error.retry_after_seconds if error.retry_after_seconds <= MAX_WAIT_SECONDS else False


def outcome_of(status: int) -> RequestOutcome:
    """Return the closed word for an answer's status."""
    if status < HTTPStatus.BAD_REQUEST:
        return "ok"
    return _OUTCOMES.get(status, "server_error" if status >= HTTPStatus.INTERNAL_SERVER_ERROR else "other")


def passing_error(status: int, headers: Mapping[str, str], what: str = "") -> TransientError:
    """Return the error for an answer that another time may be better, with the time that the Hub asks for."""
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        line, seconds = "the Hub's rate limit is reached", reset_seconds(headers)
        return TransientError(line, kind="rate_limited", retry_after_seconds=seconds)
    return TransientError(
        f"{what}the Hub answers {status}", kind="hub_error", retry_after_seconds=retry_after_seconds(headers)
    )
