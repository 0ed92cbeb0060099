"""How the latest model reads to people: whole days in UTC, and the label on a dashboard. Pure."""

from datetime import UTC, date, datetime

from query_api.schemas.base import By
from query_api.store.rows import Submission


def days_between(then: datetime, today: date) -> int:
    """Count calendar days in UTC; a moment in the future (a clock that is ahead) is today."""
    return max(0, (today - then.astimezone(UTC).date()).days)


def ago(days: int) -> str:
    """Say a number of days.

    >>> ago(0), ago(1), ago(2)
    ('today', '1 day ago', '2 days ago')
    """
    if days == 0:
        return "today"
    return "1 day ago" if days == 1 else f"{days} days ago"


def moment_of(submission: Submission, by: By) -> datetime:
    """Return the instant that "latest" is counted from."""
    if by == "published" and submission.published_at:
        return submission.published_at
    return submission.ingested_at


def label(submission: Submission, days: int) -> str:
    """Return the line that dashboards show."""
    return f"Latest: {submission.display_name} ({ago(days)})"
