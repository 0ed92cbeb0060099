"""Every command that a runbook tells an operator to type exists, takes these options, and asks what can be answered."""

import re
import shlex
from pathlib import Path

import asyncpg
import click
import pytest
from arcwatch.cli import app
from typer.main import get_command

from tests.support import alert_rules
from tests.support.runbooks import OPERATING, RUNBOOKS, blocks, commands

TEXTS = [
    *RUNBOOKS,
    OPERATING,
    alert_rules.RULES,
    *(alert_rules.ROOT / name for name in ("README.md", "ARCHITECTURE.md")),
]
# What an operator puts in, and a value of its kind.
PLACEHOLDERS = {"SEQ": "7", "N": "3", "RUN": "1", "DATASET": "a/b", "MODEL": "m", "URL": "https://a.org", "DIR": "."}
# What a runbook may take for granted beside our own command: where containers run, what runs them.
OTHERS = {"docker", "kubectl"}


def parse(words: list[str]) -> None:
    """Read a command line as the command would, without running it; raises click's error for a wrong one."""
    command = get_command(app)
    context = click.Context(command)  # type: ignore[arg-type] # typer's own commands are click's in all but name
    while (commands := getattr(command, "commands", None)) is not None:
        name, *words = words
        if any(name in each.opts for each in command.params):
            return
        if name not in commands:
            raise click.UsageError(f"no command {name}")
        command = commands[name]
    assert command.make_context(context.info_name, words).command is command


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.name)
def test_our_own_commands_are_there_and_take_what_is_given(path: Path) -> None:
    for given in commands(path.read_text()):
        words = [PLACEHOLDERS.get(word, word) for word in given]
        try:
            parse(words)
        except Exception as error:  # noqa: BLE001 - whatever the parser says
            pytest.fail(f"arcwatch {shlex.join(words)}: {error}")


def test_a_wrong_command_would_be_found() -> None:
    for words in (["dead", "bury"], ["dead", "ls", "--all"], ["runs", "ls", "--limit", "many"], ["nonsense"]):
        with pytest.raises(Exception, match=r"(?i)no such|no command|valid integer"):
            parse(words)


@pytest.mark.parametrize("path", RUNBOOKS, ids=lambda path: path.stem)
def test_each_runbook_names_a_command_and_no_unknown_one(path: Path) -> None:
    text = path.read_text()
    programs = {command.split()[0] for command in blocks(text) if command}
    assert programs <= OTHERS | {"arcwatch"}
    assert programs or "docs/sizing.md" in text or "log" in text


async def test_the_questions_to_the_database_are_answered(database_url: str) -> None:
    asked = [
        re.sub(r"\bRUN\b", PLACEHOLDERS["RUN"], query)
        for path in RUNBOOKS
        for query in re.findall(r'arcwatch sql "([^"]+)"', path.read_text())
    ]
    assert len(asked) > 2
    connection = await asyncpg.connect(database_url)
    try:
        for query in asked:
            await connection.fetch(query)
    finally:
        await connection.close()
