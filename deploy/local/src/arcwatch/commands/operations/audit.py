"""`arcwatch audit ls`: what admins did by the API, the page and commands."""

import json as json_text
from typing import Annotated
from urllib.parse import urlencode

import typer

from arcwatch.commands.console.options import DataDirOption, JsonOption, LimitOption, UrlOption, examples, group
from arcwatch.commands.console.output import as_json, moment, note, table

audit = group("What admins did by the API, the page and commands.")

_COLUMNS = ("at", "who", "from", "action", "what", "outcome", "request")
_SPARE = ("request", "from")


@audit.command("ls", epilog=examples("arcwatch audit ls --actor ada --action dead_letters.drop"))
def list_actions(
    *,
    actor: Annotated[str | None, typer.Option("--actor", help="Only of the admin of this name.")] = None,
    action: Annotated[str | None, typer.Option("--action", help="Only this, such as sync.")] = None,
    limit: LimitOption = 50,
    data_dir: DataDirOption = None,
    url: UrlOption = None,
    json: JsonOption = False,
) -> None:
    """List what admins did, the last first.

    The token is ADMIN_TOKEN of the environment, else that of the running deployment. Commands that work at NATS or the
    database themselves (`ingest`, `sync`, `dead`, ...) are listed as cli:USER@HOST, where the database answered them.
    """
    from arcwatch.clients.api import as_admin

    wanted = {"actor": actor, "action": action, "limit": limit}
    query = urlencode({name: value for name, value in wanted.items() if value is not None})
    found = as_admin(data_dir, url, f"/api/admin/audit?{query}", method="GET")
    rows = found["data"]
    if json:
        as_json(rows)
        return
    cells = (
        [
            moment(row["at"]),
            row["actor"],
            row["address"],
            row["action"],
            json_text.dumps(row["target"], ensure_ascii=False),
            row["outcome"] if row["detail"] is None else f"{row['outcome']}: {row['detail']}",
            row["requestId"],
        ]
        for row in rows
    )
    table(_COLUMNS, cells, empty="no admin did anything like that" if actor or action else "nothing yet", spare=_SPARE)
    if found["total"] > len(rows):
        note(f"{found['total'] - len(rows)} more: --limit")
