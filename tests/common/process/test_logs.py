"""No log line shows a secret, not even a traceback's."""

import subprocess
import sys

import pytest

PROGRAM = """
import structlog
from common.process import logs

def connect(url):
    raise OSError("the database is away")

logs.configure("info", {fmt!r}, "watcher")
try:
    connect("postgresql://arcwatch:hunter2" + "@127.0.0.1/arcwatch")
except OSError:
    structlog.get_logger("x").exception("poll.failed")
"""


@pytest.mark.parametrize("fmt", ["console", "json"])
def test_a_traceback_shows_no_variables(fmt: str) -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM.format(fmt=fmt)], capture_output=True, text=True, check=True)
    assert "the database is away" in done.stderr
    # The source line itself holds the parts, never the whole.
    assert "hunter2@127.0.0.1" not in done.stderr
