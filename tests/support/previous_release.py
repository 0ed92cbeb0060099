"""The release before this one, out of git's history, installed into an environment of its own."""

import subprocess
import sys
import sysconfig
from pathlib import Path

from tests.support.alert_rules import ROOT

# Stands for the release before the first one that has a tag: what ran before migration 0015.
RECORDED = "17cf03f823db24132ba2210de15275bf5aca3b19"
_SECONDS = 600


def commit() -> str:
    """Return the newest release's tag that is before HEAD."""
    asked = ["git", "describe", "--tags", "--abbrev=0", "--match", "v[0-9]*", "HEAD^"]
    found = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=False)
    return found.stdout.strip() or RECORDED


def installed(folder: Path) -> Path:
    """Lay its sources into a folder, install its services beside them with what it locked, and return their Python."""
    source, python = folder / "source", folder / "venv" / "bin" / "python"
    archive = subprocess.run(["git", "archive", commit()], cwd=ROOT, capture_output=True, check=True)
    source.mkdir(parents=True)
    subprocess.run(["tar", "-x", "-C", str(source)], input=archive.stdout, check=True)
    members = [str(path.parent) for path in sorted(source.glob("[ls]*/*/pyproject.toml"))]
    uv = [str(Path(sysconfig.get_path("scripts")) / "uv"), "pip", "install", "--quiet", "--python", str(python)]
    _run(sys.executable, "-m", "venv", "--without-pip", str(folder / "venv"))
    _run(*uv, "--require-hashes", "-r", str(source / "requirements" / "run.txt"))
    _run(*uv, "--no-deps", "--no-build-isolation", *(word for member in members for word in ("-e", member)))
    return python


def _run(*command: str) -> None:
    ran = subprocess.run(command, capture_output=True, text=True, check=False, timeout=_SECONDS)
    assert ran.returncode == 0, f"{' '.join(command[:4])}: {ran.stderr}"
