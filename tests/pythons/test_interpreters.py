"""`make test-pythons` finds the Pythons of a machine, takes one of each kind, and says which it did not run."""

import sys
from pathlib import Path

import pytest

from tests.pythons.__main__ import Outcome, summary
from tests.pythons.interpreters import Interpreter, candidates, choose, probe

DEBIAN = Interpreter((3, 11, 2), "/usr/bin/python3", is_system=True)
OTHER_311 = Interpreter((3, 11, 7), "/opt/3.11.7/python3")
OLD_312 = Interpreter((3, 12, 1), "/opt/3.12.1/python3")
NEW_312 = Interpreter((3, 12, 9), "/opt/3.12.9/python3")
OTHER_313 = Interpreter((3, 13, 0), "/opt/3.13.0/python3")


def test_one_of_each_minor_version_is_taken_the_newest() -> None:
    assert choose([NEW_312, OLD_312, OTHER_313], OTHER_311) == [NEW_312, OTHER_313]


def test_the_system_s_own_runs_as_well_as_one_of_the_same_minor_version() -> None:
    assert choose([OTHER_311, DEBIAN, OTHER_313], OTHER_311) == [DEBIAN, OTHER_313]


def test_the_system_s_own_is_taken_before_a_newer_one() -> None:
    assert choose([OTHER_311, DEBIAN, OTHER_313], OTHER_313) == [DEBIAN]


def test_what_the_tests_ran_on_is_not_run_again() -> None:
    assert choose([OTHER_311, DEBIAN, OTHER_313], DEBIAN) == [OTHER_313]


def test_a_command_is_asked_which_python_it_is() -> None:
    assert (real := probe(f"{sys.base_prefix}/bin/python3"))
    assert real.version == sys.version_info[:3]
    assert Path(real.path).resolve() == Path(sys.executable).resolve()
    assert not real.is_system or real.path == "/usr/bin/python3"


def test_what_is_no_interpreter_of_the_machine_is_left_out(tmp_path: Path) -> None:
    broken = tmp_path / "python3.13"
    broken.write_text("#!/bin/sh\nexit 127\n")
    broken.chmod(0o755)
    assert probe(str(broken)) is None
    assert probe(str(tmp_path / "none")) is None
    assert probe(sys.executable) is None  # a virtual environment


def test_commands_are_looked_for_in_path_and_in_pyenv(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    of_path, of_pyenv = tmp_path / "bin/python3.13", tmp_path / "pyenv/versions/3.12.1/bin/python3"
    for path in (of_path, of_pyenv):
        path.parent.mkdir(parents=True)
        path.touch(0o755)
    monkeypatch.setenv("PATH", str(of_path.parent))
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path / "pyenv"))
    assert candidates() == ["/usr/bin/python3", str(of_path), str(of_pyenv)]


def test_the_summary_names_failures_and_promised_versions_that_did_not_run() -> None:
    lines = summary([Outcome(OLD_312, passed=False, figures="FAILED: 9 passed, 1 failed in 5 s")], OTHER_311)
    assert lines == [
        "3.11.7  the one of `make test`",
        "3.12.1  FAILED: 9 passed, 1 failed in 5 s",
        "3.13    not run",
    ]
