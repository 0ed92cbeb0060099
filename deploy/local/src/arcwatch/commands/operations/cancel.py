"""`arcwatch runs cancel`: stops an ingestion that runs, or takes a request back."""

from typing import Annotated

import typer

from arcwatch.commands.console import completion
from arcwatch.commands.console.options import DataDirOption, JsonOption, UrlOption
from arcwatch.commands.console.output import as_json, say

_MOST = 2**31


def cancel(
    what: Annotated[
        str,
        typer.Argument(
            metavar="RUN|REQUEST",
            help="A run's id, as `runs ls` shows it, or a request's, as `ingest` says.",
            autocompletion=completion.runs,
        ),
    ],
    *,
    data_dir: DataDirOption = None,
    url: UrlOption = None,
    json: JsonOption = False,
) -> None:
    """Stop an ingestion that runs, within seconds, or take a request back that waits. The run ends as skipped.

    The token is ADMIN_TOKEN of the environment, else that of the running deployment.
    """
    from urllib.parse import quote

    from arcwatch.clients.api import as_admin

    is_run = what.isascii() and what.isdecimal() and int(what) < _MOST
    kind = "ingestion-history" if is_run else "ingestion-requests"
    answer = as_admin(data_dir, url, f"/api/admin/{kind}/{quote(what, safe='')}/cancel", method="POST")
    if json:
        as_json(answer)
    else:
        say(answer["message"])
