"""`arcwatch nats-url`: how any NATS client reaches the running deployment."""

from typing import Annotated

import typer

from arcwatch.commands.options import DataDirOption, JsonOption
from arcwatch.commands.output import as_json, say


def nats_url(
    *,
    user: Annotated[
        str, typer.Option("--user", help="admin may do everything; watcher, ingester and query-api what they need.")
    ] = "admin",
    data_dir: DataDirOption = None,
    json: JsonOption = False,
) -> None:
    """Print the URL of the running deployment's NATS, with user and password, for any NATS client.

    nats -s "$(arcwatch nats-url)" pub model.discovered '{"dataset":"owner/name","model":"some-model"}'

    Users other than admin receive answers only under their own inbox prefix, which --json tells.
    """
    from common.bus.inbox import prefix_of

    from arcwatch.clients.running import nats_url_of

    url = nats_url_of(data_dir, user)
    if json:
        as_json({"url": url, "user": user, "inbox_prefix": prefix_of(url).decode()})
    else:
        say(url)
