"""Which Pythons this machine has, and which of them the tests are to run on."""

import json
import os
import re
import shutil
import subprocess
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
OLDEST = (3, 11)
# The interpreter of the system: distributions patch theirs, and stay at an early patch version for years.
SYSTEM = "/usr/bin/python3"
_PROBE_SECONDS = 20
# pip fills the environments; a virtual environment is no interpreter of the machine.
_PROBE = """
import sys, venv, pip, json
print(json.dumps([*sys.version_info[:3], sys.version_info.releaselevel, sys.executable, sys.prefix == sys.base_prefix]))
"""


@dataclass(frozen=True, order=True)
class Interpreter:
    """A Python that runs here and can make virtual environments."""

    version: tuple[int, int, int]
    path: str
    is_system: bool = False

    @property
    def name(self) -> str:
        """Return the version as people write it."""
        return ".".join(map(str, self.version))

    @property
    def minor(self) -> tuple[int, int]:
        """Return the version without the patch."""
        return self.version[:2]


def probe(command: str) -> Interpreter | None:
    """Ask a command which Python it is; None where it is none of use: broken, without pip, a pre-release."""
    try:
        run = subprocess.run(
            [command, "-c", _PROBE], capture_output=True, text=True, timeout=_PROBE_SECONDS, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    major, minor, patch, level, path, own = json.loads(run.stdout)
    if level != "final" or not own or (major, minor) < OLDEST:
        return None
    return Interpreter((major, minor, patch), path, is_system=command == SYSTEM)


def candidates() -> list[str]:
    """Return the commands that may be a Python: the system's, those of PATH, those of pyenv."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    names = ["python3", *(f"python3.{minor}" for minor in range(OLDEST[1], OLDEST[1] + 10))]
    of_path = [found for name in names if (found := shutil.which(name))]
    return list(dict.fromkeys([SYSTEM, *of_path, *map(str, sorted(pyenv.glob("versions/3.*/bin/python3")))]))


def choose(found: Iterable[Interpreter], tested: Interpreter) -> list[Interpreter]:
    """Return the system's own and one of every other minor version, the newest; `tested` needs no second run."""
    chosen: dict[tuple[int, int], Interpreter] = {}
    for each in sorted(found, key=lambda each: (each.is_system, each.version), reverse=True):
        if each.version != tested.version and (each.is_system or each.minor != tested.minor):
            chosen.setdefault(each.minor, each)
    return sorted(chosen.values())


def promised() -> list[tuple[int, int]]:
    """Return the minor versions that the metadata name."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    found = re.findall(r"Python :: (3)\.(\d+)", "\n".join(project["classifiers"]))
    return [(int(major), int(minor)) for major, minor in found]
