"""What fails in a task group leaves as it was raised, on every Python, and nothing brings `except*` back."""

import ast
import asyncio
from pathlib import Path

import pytest
from common.outcomes import PermanentError, TransientError
from common.process.cleanup import afterwards
from common.process.task_group import task_group

ROOT = Path(__file__).parents[3]
MEMBERS = sorted(ROOT.glob("libs/*/src")) + sorted(ROOT.glob("services/*/src")) + sorted(ROOT.glob("deploy/*/src"))


async def fail(error: BaseException) -> None:
    raise error


async def test_the_first_failure_leaves_by_itself_with_its_own_cause_and_cancels_the_others() -> None:
    cause, error = OSError("reset"), TransientError("the Hub is away", kind="hub_unreachable")
    error.__cause__ = cause
    tasks = []
    with pytest.raises(TransientError) as raised:
        async with task_group() as group:
            tasks = [group.create_task(asyncio.Event().wait()), group.create_task(fail(error))]
    assert raised.value is error
    assert raised.value.__cause__ is cause
    assert raised.value.__context__ is None
    assert tasks[0].cancelled()


async def test_a_failure_of_a_group_within_a_group_leaves_by_itself() -> None:
    async def inner() -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(fail(PermanentError("no such folder", kind="folder_gone")))

    with pytest.raises(PermanentError):
        async with task_group() as group:
            group.create_task(inner())


async def test_what_the_block_itself_raises_leaves_by_itself() -> None:
    with pytest.raises(TransientError):
        async with task_group():
            raise TransientError("later")


async def test_a_cancelled_group_is_cancelled() -> None:
    async def forever() -> None:
        async with task_group() as group:
            group.create_task(asyncio.Event().wait())

    running = asyncio.create_task(forever())
    await asyncio.sleep(0)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running


async def test_cleaning_up_that_fails_does_not_hide_why_it_was_necessary() -> None:
    async def clean_up() -> None:
        await fail(OSError("connection lost"))

    with pytest.raises(TransientError, match="why"):
        async with afterwards(clean_up):
            raise TransientError("why")
    with pytest.raises(OSError, match="connection lost"):
        async with afterwards(clean_up):
            pass


def _places(kind: type[ast.AST], directory: Path) -> list[tuple[Path, ast.AST]]:
    files = [path for path in directory.rglob("*.py") if "node_modules" not in path.parts]
    return [(path, node) for path in files for node in ast.walk(ast.parse(path.read_bytes())) if isinstance(node, kind)]


def test_nothing_is_raised_inside_an_except_star() -> None:
    raising = [
        f"{path.relative_to(ROOT)}:{inside.lineno}"
        for directory in (*MEMBERS, ROOT / "tests")
        for path, node in _places(ast.TryStar, directory)
        if isinstance(node, ast.TryStar)
        for handler in node.handlers
        for inside in ast.walk(handler)
        if isinstance(inside, ast.Raise)
    ]
    assert raising == [], "Python 3.11.0 to 3.11.3 wrap what is raised there: use common.process.task_group"


def test_services_use_no_task_group_whose_errors_leave_in_a_group() -> None:
    bare = [
        path.name
        for directory in MEMBERS
        if "deploy" not in directory.parts  # the command line explains groups by itself: arcwatch.errors
        for path, node in _places(ast.Call, directory)
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "TaskGroup"
    ]
    assert bare == ["task_group.py"]
