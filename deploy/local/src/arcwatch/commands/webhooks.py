"""`arcwatch webhooks create`: let the Hub tell of new commits at once."""

import os
from typing import Annotated

import typer

from arcwatch.commands.console.calls import read, run
from arcwatch.commands.console.options import DataDirOption, JsonOption, examples, group
from arcwatch.commands.console.output import as_json, say
from arcwatch.errors import DeploymentError

app = group("The Hub's calls when a dataset changes.")


@app.command(epilog=examples("arcwatch webhooks create --url https://arc.example.org"))
def create(
    *,
    url: Annotated[str, typer.Option("--url", help="The query API as the Hub reaches it: https://arc.example.org")],
    data_dir: DataDirOption = None,
    json: JsonOption = False,
) -> None:
    """Register the query API with the Hub, for every dataset watched. Safe to run again, as after another secret.

    Needs HF_TOKEN, and HF_WEBHOOK_SECRET as the query API has it.
    """
    from common.process.settings import ServiceSettings

    from arcwatch.clients.hub_webhooks import create as register
    from arcwatch.clients.running import hub_settings

    settings = read(lambda: ServiceSettings(**hub_settings(data_dir)))  # type: ignore[arg-type] # as the environment has them: text
    secret = os.environ.get("HF_WEBHOOK_SECRET")
    if not secret:
        raise DeploymentError(
            "set HF_WEBHOOK_SECRET, here and for the query API, to one long random text: it verifies the Hub's calls"
        )
    hook, there_already = run(register(settings, url, secret))
    watched = [item.name for item in hook.watched]
    if json:
        as_json({"id": hook.id, "url": hook.url, "watched": watched, "created": not there_already})
        return
    say(f"{'there already' if there_already else 'registered'}: {hook.url} (webhook {hook.id})")
    for name in watched:
        say(f"  {name}")
