"""`make test-pythons`: runs the tests on every other Python that is here, and says what came of each.

PYTHONS names interpreters instead of those that are found. Tests that run no Python of arcwatch stay out: one Python is
enough for them.
"""

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as ET

from tests.pythons.interpreters import ROOT, Interpreter, candidates, choose, probe, promised

_SELECTED = "not debian and not compose and not upgrade and not pictures and not one_python"


@dataclass(frozen=True)
class Outcome:
    """What came of the tests on one interpreter."""

    interpreter: Interpreter
    passed: bool
    figures: str


def main() -> None:
    """Run the tests on one interpreter after the other; the exit status is 1 if any failed."""
    tested = Interpreter(sys.version_info[:3], sys.executable)
    chosen = _named(os.environ.get("PYTHONS", "").split()) or choose(filter(None, map(probe, candidates())), tested)
    for place, each in enumerate(chosen, 1):
        print(f"Python {each.name} ({each.path}): {place} of {len(chosen)}", flush=True)
    outcomes = [_run(each, sys.argv[1:]) for each in chosen]
    print("\n".join(summary(outcomes, tested)), flush=True)
    sys.exit(not all(outcome.passed for outcome in outcomes))


def summary(outcomes: list[Outcome], tested: Interpreter) -> list[str]:
    """Return the table: a line for each interpreter, and for each promised version that is not here."""
    lines = [
        f"{tested.name:8}the one of `make test`",
        *(f"{each.interpreter.name:8}{each.figures}" for each in outcomes),
    ]
    run = {tested.minor, *(each.interpreter.minor for each in outcomes)}
    return [*lines, *(f"{major}.{minor:<6}not run" for major, minor in promised() if (major, minor) not in run)]


def _named(commands: list[str]) -> list[Interpreter]:
    found = {command: probe(command) for command in commands}
    if useless := [command for command, interpreter in found.items() if interpreter is None]:
        sys.exit(f"PYTHONS: no Python >= 3.11 with pip, or it does not run: {', '.join(useless)}")
    return [each for each in found.values() if each]


def _run(interpreter: Interpreter, arguments: list[str]) -> Outcome:
    venv = f".venv-{interpreter.name}"
    report = ROOT / venv / "report.xml"
    print(f"\nPython {interpreter.name}, in {venv}", flush=True)
    began = time.monotonic()
    made = subprocess.run(
        ["make", "--silent", f"VENV={venv}", f"PYTHON={interpreter.path}", f"{venv}/.dev"], cwd=ROOT, check=False
    )
    if made.returncode:
        return Outcome(interpreter, passed=False, figures=f"FAILED: {venv} could not be made")
    report.unlink(missing_ok=True)
    command = [f"{venv}/bin/pytest", "-n", "auto", "--dist", "worksteal", "-m", _SELECTED, f"--junit-xml={report}"]
    passed = subprocess.run([*command, *arguments], cwd=ROOT, check=False).returncode == 0
    figures = f"{_figures(report)} in {time.monotonic() - began:.0f} s"
    return Outcome(interpreter, passed, figures if passed else f"FAILED: {figures}")


def _figures(report: Path) -> str:
    suite = next(ET.parse(report).getroot().iter("testsuite")) if report.exists() else ET.Element("testsuite")
    tests, failed = (int(suite.get(name, 0)) for name in ("tests", "failures"))
    errors = int(suite.get("errors", 0))
    return f"{tests - failed - errors} passed, {failed + errors} failed"


if __name__ == "__main__":
    main()
