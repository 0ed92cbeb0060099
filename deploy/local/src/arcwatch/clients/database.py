"""The database as commands and the deployment bring it up to date: saying what they wait for."""

from collections.abc import Callable

from common.database import schema


async def migrate(url: str, patience_seconds: float, say: Callable[[str], object]) -> list[str]:
    """Apply the migrations that are missing, and return their names."""

    def on_wait(*, host: str, reason: str, gives_up_in_seconds: int) -> None:
        say(f"waiting for the database at {host}, for up to {gives_up_in_seconds} s more: {reason}")

    return await schema.migrate(url, wait_seconds=patience_seconds, on_wait=on_wait)
