"""Promise: a child's output is kept, it stops in its own way, and it never outlives us."""

import asyncio
import contextlib
import os
import signal
import sys
import uuid
from pathlib import Path

import pytest
from arcwatch.embedded.log_file import LogFile
from arcwatch.embedded.processes import Child, Command, how_ended

from tests.support.child_scripts import MARK, alive, marked, number_in, python
from tests.support.eventually import eventually

MODES = ["guardian", "pdeathsig"] if sys.platform == "linux" else ["guardian"]
SLEEP = "import time; print('up'); time.sleep(600)"
STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up'); time.sleep(600)"
POLITE = """
import signal, sys, time
def bye(*_):
    print("bye")
    sys.exit(0)
signal.signal(signal.SIGTERM, bye)
print("up")
time.sleep(600)
"""
WITH_GRANDCHILD = """
import pathlib, subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
pathlib.Path(sys.argv[1]).write_text(str(child.pid))
print("up")
time.sleep(600)
"""
# Starts a child as the supervisor does, tells its pid, and waits to be killed.
PARENT = """
import asyncio, pathlib, sys
from arcwatch.embedded.processes import Child, Command
async def main():
    code = "import time; time.sleep(600)"
    child = Child(Command("child", (sys.executable, "-c", code)), pathlib.Path(sys.argv[1]), mode=sys.argv[3])
    await child.start()
    pathlib.Path(sys.argv[2]).write_text(str(child.pid))
    await asyncio.sleep(600)
asyncio.run(main())
"""


async def started(tmp_path: Path, code: str, *arguments: str, stop_seconds: float = 10.0) -> tuple[Child, list[str]]:
    lines: list[str] = []
    command = Command("child", (*python(code), *arguments), stop_seconds=stop_seconds)
    child = Child(command, tmp_path / "child.log", lines.append)
    await child.start()
    return child, lines


async def test_every_line_goes_to_the_log_and_to_the_listener(tmp_path: Path) -> None:
    child, lines = await started(tmp_path, "print('one'); print(); print('two', end='')")
    assert await child.wait() == 0
    await child.stop()
    assert lines == ["one", "two"]
    assert child.log.read_text() == "one\n\ntwo\n"


async def test_standard_error_is_output_too(tmp_path: Path) -> None:
    child, lines = await started(tmp_path, "import sys; sys.exit('it broke')")
    assert await child.wait() == 1
    await child.stop()
    assert lines == ["it broke"]
    assert str(child.died()) == f"child ended with exit status 1: it broke (log: {child.log})"
    text = str(child.died(2)).splitlines()
    assert text == ["child ended with exit status 1", f"  its last lines (all of them: {child.log}):", "    it broke"]


async def test_an_endless_line_neither_blocks_the_child_nor_is_lost(tmp_path: Path) -> None:
    child, lines = await started(tmp_path, "print('x' * 1_000_000); print('end')")
    assert await asyncio.wait_for(child.wait(), 10) == 0
    await child.stop()
    assert lines[-1] == "end"
    assert sum(map(len, lines[:-1])) == 1_000_000


async def test_a_child_gets_time_to_finish(tmp_path: Path) -> None:
    child, lines = await started(tmp_path, POLITE)
    await eventually(lambda: "up" in lines)
    assert await child.stop() == 0
    assert lines[-1] == "bye"


async def test_a_child_that_does_not_listen_is_killed_after_its_time(tmp_path: Path) -> None:
    child, lines = await started(tmp_path, STUBBORN, stop_seconds=0.1)
    await eventually(lambda: "up" in lines)
    assert await child.stop() == -signal.SIGKILL


async def test_a_hurry_ends_the_waiting_at_once(tmp_path: Path) -> None:
    child, lines = await started(tmp_path, STUBBORN, stop_seconds=60)
    await eventually(lambda: "up" in lines)
    hurry = asyncio.Event()
    stopping = asyncio.create_task(child.stop(hurry))
    await eventually(lambda: not child.ended)
    hurry.set()
    assert await asyncio.wait_for(stopping, 5) == -signal.SIGKILL


async def test_stopping_twice_or_before_the_start_does_no_harm(tmp_path: Path) -> None:
    assert await Child(Command("never", ("/bin/true",)), tmp_path / "log").stop() == 0
    child, _ = await started(tmp_path, SLEEP)
    first, second = await asyncio.gather(child.stop(), child.stop())
    assert first == second == -signal.SIGTERM


async def test_what_a_child_left_in_its_session_goes_with_it(tmp_path: Path) -> None:
    pid_file = tmp_path / "grandchild"
    child, _ = await started(tmp_path, WITH_GRANDCHILD, str(pid_file))
    grandchild = await eventually(lambda: number_in(pid_file))
    await child.stop()
    await eventually(lambda: not alive(grandchild))


async def test_ctrl_c_in_the_terminal_does_not_reach_a_child(tmp_path: Path) -> None:
    child, _ = await started(tmp_path, SLEEP)
    assert os.getpgid(child.pid) == child.pid != os.getpgid(0)
    assert os.getsid(child.pid) == child.pid
    await child.stop()


async def test_a_program_that_cannot_run_says_so(tmp_path: Path) -> None:
    child = Child(Command("ghost", ("/no/such/program",)), tmp_path / "log")
    await child.start()
    assert await child.wait() == 1
    await child.stop()
    assert "cannot run /no/such/program: No such file or directory" in str(child.died())


@pytest.mark.parametrize("mode", MODES)
async def test_kill_9_of_the_parent_ends_the_child(tmp_path: Path, mode: str) -> None:
    pid_file = tmp_path / "pid"
    arguments = (str(tmp_path / "log"), str(pid_file), mode)
    parent = await asyncio.create_subprocess_exec(*python(PARENT), *arguments)
    child = await eventually(lambda: number_in(pid_file))
    assert alive(child)
    parent.kill()
    await parent.wait()
    await eventually(lambda: not alive(child), timeout=5)


async def test_a_guardian_goes_when_its_program_does(tmp_path: Path) -> None:
    command = Command("child", python("import os; print(os.getpid())"))
    child = Child(command, tmp_path / "log", mode="guardian")
    await child.start()
    assert await asyncio.wait_for(child.wait(), 5) == 0
    await child.stop()
    group = child.pid
    await eventually(lambda: not _group_exists(group), timeout=5)


def _group_exists(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


async def test_cancelling_a_start_leaves_no_process(tmp_path: Path) -> None:
    mark = uuid.uuid4().hex
    child = Child(Command("child", python(SLEEP), env={**os.environ, MARK: mark}), tmp_path / "log")
    starting = asyncio.create_task(child.start())
    await asyncio.sleep(0)
    starting.cancel()
    await asyncio.wait([starting])
    await child.stop()
    assert not marked(mark)


def test_a_full_disk_loses_log_lines_and_raises_nothing() -> None:
    with contextlib.closing(LogFile(Path("/dev/full"))) as log:
        log.write("lost")


def test_a_log_begins_anew_before_it_fills_the_disk(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    with contextlib.closing(LogFile(path, max_bytes=100)) as log:
        for number in range(50):
            log.write(f"line {number}")
    assert path.read_text().endswith("line 49\n")
    assert path.stat().st_size <= 100
    assert sorted(each.name for each in tmp_path.iterdir()) == ["a.log", "a.log.1"]


def test_a_signal_is_named() -> None:
    assert how_ended(-9) == "was killed by SIGKILL"
    assert how_ended(0) == "ended with exit status 0"
