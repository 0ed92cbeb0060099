"""The database as commands and the deployment bring it up to date, saying what they wait for, and look into it."""

from collections.abc import Callable, Collection

from common.database import schema
from common.process.choices import no_such


async def migrate(url: str, patience_seconds: float, say: Callable[[str], object]) -> list[str]:
    """Apply the migrations that are missing, and return their names."""

    def on_wait(*, host: str, reason: str, gives_up_in_seconds: int) -> None:
        say(f"waiting for the database at {host}, for up to {gives_up_in_seconds} s more: {reason}")

    return await schema.migrate(url, wait_seconds=patience_seconds, on_wait=on_wait)


def missing(keys: Collection[tuple[str, str]], dataset: str | None, model: str | None) -> str:
    """Say that no submission was found, where these are all that there are: which part of the name is wrong."""
    if dataset is None:
        return "there is no submission in the database"
    datasets = {each for each, _ in keys}
    if dataset not in datasets:
        return no_such("dataset", dataset, datasets, "the database")
    return no_such("submission", model, {each for of, each in keys if of == dataset}, dataset)
