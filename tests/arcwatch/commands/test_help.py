"""Promise: every command explains itself with an example that works, and what it offers is what there is."""

import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from arcwatch.cli import app
from arcwatch.commands import names, runs, submissions
from common.events import RunStatus
from common.names.fields import Kind
from query_api.schemas.base import Status
from typer.main import get_command

from tests.support.cli import arcwatch

DOCS = (Path(__file__).parents[3] / "docs" / "cli.md").read_text()


def commands(found: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    if not hasattr(found, "commands"):
        yield " ".join(path), found
        return
    for name, each in found.commands.items():
        yield from commands(each, (*path, name))


ALL = dict(commands(get_command(app)))


@pytest.mark.parametrize("path", ALL)
def test_every_command_and_every_option_has_a_help_text(path: str) -> None:
    assert ALL[path].help
    for option in ALL[path].params:
        assert getattr(option, "help", None), option.name


@pytest.mark.parametrize("path", ALL)
def test_every_command_has_examples_that_its_parser_takes(
    path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "submissions" / "my-model").mkdir(parents=True)
    (tmp_path / "results.json").touch()
    monkeypatch.chdir(tmp_path)
    title, *examples = ALL[path].epilog.split("\n\n")
    assert title.startswith("Example")
    for example in examples:
        words = shlex.split(example.partition(" && ")[0])
        assert words[: len(path.split()) + 1] == ["arcwatch", *path.split()]
        ALL[path].make_context(path, words[len(path.split()) + 1 :])


@pytest.mark.parametrize("path", ALL)
def test_every_command_and_every_option_is_in_the_documentation(path: str) -> None:
    (row,) = [line for line in DOCS.splitlines() if line.startswith(f"| `{path}")]
    shared = {"--help", "--json", "--data-dir", "--url", "--nats-url", "--database-url", "--yes"}
    options = {name for option in ALL[path].params for name in option.opts if name.startswith("--")}
    assert [name for name in sorted(options - shared) if name not in row] == []
    assert ("JSON" in row) is ("--json" in options)


@pytest.mark.parametrize(
    ("offered", "there"),
    [(runs.Status, get_args(RunStatus)), (submissions.Status, get_args(Status))],
    ids=["runs", "models"],
)
def test_a_status_that_is_offered_is_one_that_there_is(offered: Any, there: Any) -> None:
    assert {each.value for each in offered} == {name for each in there for name in (get_args(each) or (each,))}


def test_a_kind_that_is_offered_is_one_that_there_is() -> None:
    assert {each.value for each in names.Kind} == set(get_args(Kind))


async def test_it_says_its_version() -> None:
    run = await arcwatch("--version")
    assert (run.status, run.err) == (0, [])
    assert run.out[0].startswith("arcwatch 0.")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
async def test_a_shell_gets_its_completion(shell: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # Typer looks which shell runs it, and `make` runs the tests by sh.
    monkeypatch.setattr("shellingham.detect_shell", lambda: (shell, f"/bin/{shell}"))
    run = await arcwatch("--show-completion")
    assert run.status == 0
    assert any("_ARCWATCH_COMPLETE" in line for line in run.out)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("models", "ls", "--limit", "0"), "0 must be at least 1"),
        (("models", "ls", "--limit", "many"), "many must be a whole number"),
        (("models", "ls", "--sort", "odd"), "'odd' is not one of 'score', 'name'"),
        (("runs", "ls", "--status", "odd"), "'odd' is not one of 'running'"),
        (("runs", "show", "99999999999"), "99999999999 must be at most 2147483647"),
        (("runs", "watch", "--timeout", "soon"), "soon must be a number"),
        (("up", "--port", "99999"), "99999 must be at most 65535"),
        (("names", "set", "m", "--released", "2026-13-45"), "'2026-13-45' is not a date, such as 2026-11-28"),
        (("names", "set", "m", "--kind", "robot"), "'robot' is not one of 'model'"),
        (("dead", "rm"), "name the messages by their SEQ, or say --all, or which by options"),
        (("score", "nowhere"), "dir 'nowhere' does not exist"),
    ],
)
async def test_what_is_wrong_with_an_argument_is_said_in_words(arguments: tuple[str, ...], words: str) -> None:
    run = await arcwatch(*arguments, env={"COLUMNS": "300"})
    assert run.status == 2
    assert words in "\n".join(run.err)
    assert "Input should" not in "\n".join(run.err)
    assert "Value error" not in "\n".join(run.err)
