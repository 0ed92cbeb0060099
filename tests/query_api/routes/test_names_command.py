"""`arcwatch names` shows and sets what the query API knows of models."""

import json

from tests.query_api.conftest import TOKEN
from tests.support.api import Api
from tests.support.cli import arcwatch
from tests.support.writer import Writer


async def test_names_are_listed_set_and_taken_back(api: Api, writer: Writer) -> None:
    await writer.publish(await writer.ingest("o3-2025-04-16-high"), await writer.ingest("my solver"))
    await api.until_latest("my solver")
    options = ("--url", api.url)
    admin = {"ADMIN_TOKEN": TOKEN}
    listed = await arcwatch("names", "ls", *options)
    assert listed.out == [
        "FOLDER              NAME       PROVIDER  FAMILY    EFFORT  RELEASED    KIND   NAME FROM",
        "my solver           My Solver  -         -         -       -           -      rules",
        "o3-2025-04-16-high  o3 (High)  OpenAI    OpenAI o  high    2025-04-16  model  registry",
    ]
    said = ("--name", "Ours", "--kind", "system", "--released", "2026-01-02")
    done = await arcwatch("names", "set", "my solver", *said, *options, "--json", env=admin)
    (row,) = json.loads("\n".join(done.out))
    assert (row["displayName"], row["kind"], row["releaseDate"], row["provider"]) == (
        "Ours", "system", "2026-01-02", None
    )  # fmt: skip
    assert row["nameSources"]["kind"] == "admin"
    assert done.err == []
    mistyped = await arcwatch("names", "set", "my-solver", "--kind", "system", *options, env=admin)
    there = "there are my solver, o3-2025-04-16-high. What was set counts once there is"
    assert (mistyped.status, mistyped.err) == (0, [f"there is no ingested folder my-solver; {there}"])
    models = await arcwatch("models", "ls", *options)
    assert any(line.startswith("Ours ") for line in models.out)
    unasked = await arcwatch("names", "unset", "my solver", *options, env=admin)
    question = "arcwatch: Take back what was set of my solver? There is no terminal to ask at: say --yes"
    assert (unasked.status, unasked.err) == (1, [question])
    undone = await arcwatch("names", "unset", "my solver", "--yes", *options, env=admin)
    assert (undone.status, undone.out[1].split()[:4]) == (0, ["my", "solver", "My", "Solver"])
    again = await arcwatch("names", "unset", "my solver", "--yes", *options, env=admin)
    assert (again.status, again.err) == (
        1, ["arcwatch: no admin has set a name of 'my solver'; GET /api/admin/model-names lists all"]
    )  # fmt: skip


async def test_without_a_token_or_anything_to_say_one_line_says_what_to_do(api: Api) -> None:
    options = ("--url", api.url)
    bare = await arcwatch("names", "set", "a", "--kind", "model", *options, env={"ADMIN_TOKEN": ""})
    assert (bare.status, bare.err) == (
        1,
        ["arcwatch: this asks for the server's ADMIN_TOKEN: set it in the environment"],
    )
    wrong = await arcwatch("names", "unset", "a", "--yes", *options, env={"ADMIN_TOKEN": "wrong"})
    assert (wrong.status, wrong.err) == (1, ["arcwatch: this is not the ADMIN_TOKEN of this server"])
    nothing = await arcwatch("names", "set", "a", *options, env={"ADMIN_TOKEN": TOKEN})
    assert nothing.status == 2
    refused = await arcwatch("names", "set", "a/b", "--kind", "model", *options, env={"ADMIN_TOKEN": TOKEN})
    assert (refused.status, refused.err) == (
        1,
        ["arcwatch: folder: must be the name of one folder, without slashes, control characters or a first dot"],
    )
