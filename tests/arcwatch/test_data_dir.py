"""Promise: one deployment at a time has a data folder, secrets stay secret, and what is in the way is named."""

import asyncio
import os
import re
import stat
import time
from pathlib import Path

import pytest
from arcwatch import data_dir as module
from arcwatch.data_dir import DataDir, write_private
from arcwatch.errors import DeploymentError

from tests.support.child_scripts import number_in, python
from tests.support.eventually import eventually

USERS = ("watcher", "admin")
# Takes the lock, hands it on to a child that lives a little longer, and tells its pid.
HOLDER = """
import pathlib, subprocess, sys, time
from arcwatch.data_dir import DataDir
place = DataDir(pathlib.Path(sys.argv[1]))
place.prepare()
with place.locked() as lock:
    code = f"import time; time.sleep({sys.argv[2]})"
    child = subprocess.Popen([sys.executable, "-c", code], pass_fds=[lock])
    (place.path / "child").write_text(str(child.pid))
    time.sleep(600)
"""


@pytest.fixture
def place(tmp_path: Path) -> DataDir:
    made = DataDir(tmp_path / "data")
    made.prepare()
    return made


async def holder(place: DataDir, child_seconds: float) -> asyncio.subprocess.Process:
    process = await asyncio.create_subprocess_exec(*python(HOLDER), str(place.path), str(child_seconds))
    await eventually(lambda: number_in(place.path / "child"))
    return process


async def test_a_second_start_is_refused_and_names_the_first(place: DataDir) -> None:
    first = await holder(place, 0)
    assert place.is_running()
    with (
        pytest.raises(DeploymentError, match=rf"arcwatch \(pid {first.pid}\) already runs in {place.path}"),
        place.locked(),
    ):
        pass
    first.kill()
    await first.wait()


async def test_after_kill_9_the_next_start_waits_for_what_is_left(place: DataDir) -> None:
    first = await holder(place, 1.0)
    first.kill()
    await first.wait()
    began = time.monotonic()
    await asyncio.to_thread(_take, place)
    assert time.monotonic() - began < 10
    assert not place.is_running()


async def test_what_is_left_and_does_not_go_is_reported(place: DataDir, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_LEFTOVERS_SECONDS", 0.1)
    first = await holder(place, 600)
    first.kill()
    await first.wait()
    with pytest.raises(DeploymentError, match=r"processes of an earlier start .* still use"), place.locked():
        pass
    os.kill(number_in(place.path / "child"), 9)


def _take(place: DataDir) -> None:
    with place.locked():
        assert place.lock_file.read_text() == f"{os.getpid()}\n"


def test_secrets_are_made_once_and_only_we_may_read_them(place: DataDir) -> None:
    first = place.secrets(USERS)
    assert place.secrets(USERS) == first
    assert stat.S_IMODE(place.secrets_file.stat().st_mode) == 0o600
    assert len({*first.nats.values(), first.admin_token}) == 3
    assert all(re.fullmatch(r"[\w-]{32}", secret) for secret in (*first.nats.values(), first.admin_token))


def test_a_new_user_gets_a_password_and_the_others_keep_theirs(place: DataDir) -> None:
    first = place.secrets(USERS)
    second = place.secrets((*USERS, "newcomer"))
    assert second.nats["watcher"] == first.nats["watcher"]
    assert second.nats["newcomer"]


def test_secrets_do_not_show_in_a_log_line(place: DataDir) -> None:
    assert place.secrets(USERS).admin_token not in repr(place.secrets(USERS))


def test_state_is_remembered_value_by_value(place: DataDir) -> None:
    assert place.state() == {}
    place.remember(ports={"nats": 4222})
    place.remember(running=None)
    assert place.state() == {"ports": {"nats": 4222}, "running": None}
    assert stat.S_IMODE(place.state_file.stat().st_mode) == 0o600


def test_a_file_that_others_could_read_is_replaced_by_one_they_cannot(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_text("{}")
    path.chmod(0o666)
    write_private(path, {"a": 1})
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_broken_state_file_is_named(place: DataDir) -> None:
    place.state_file.write_text("{")
    with pytest.raises(DeploymentError, match=r"state\.json: .*; mend it, or remove it to begin anew"):
        place.state()


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(
        DeploymentError, match=r"cannot use .*file/data as the data folder: .*; choose another with --data-dir"
    ):
        DataDir(tmp_path / "file" / "data").prepare()


def test_a_folder_with_a_user_s_own_things_is_not_taken_over(tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    with pytest.raises(DeploymentError, match="holds something else than arcwatch's data"):
        DataDir(tmp_path).prepare()


def test_clearing_removes_our_data_and_nothing_else(place: DataDir) -> None:
    (place.path / "nats").mkdir()
    place.remember(running=None)
    (place.path / "notes.txt").write_text("mine")
    place.clear()
    assert sorted(each.name for each in place.path.iterdir()) == ["lock", "logs", "notes.txt"]


def test_the_folder_is_that_of_the_option_the_environment_or_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("ARCWATCH_DATA_DIR", raising=False)
    assert DataDir.at(None).path == tmp_path / ".arcwatch"
    monkeypatch.setenv("ARCWATCH_DATA_DIR", "elsewhere")
    assert DataDir.at(None).path == tmp_path / "elsewhere"
    assert DataDir.at(Path("/given")).path == Path("/given")
