"""The command `arcwatch` in the tests' own process: what it prints and returns, without a second to start.

What depends on the process itself (signals, what is loaded, a terminal) is tested with `tests.support.deployments`.
"""

import asyncio
import contextlib
import io
import logging
import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

import pytest
import structlog
from arcwatch import cli

from tests.support.deployments import clean_environment


@dataclass(frozen=True)
class Ran:
    """The exit status of a command, and its two outputs line by line."""

    status: int
    out: list[str]
    err: list[str]


class _Input(io.StringIO):
    """What is typed; at a terminal or from elsewhere."""

    def __init__(self, text: str, *, terminal: bool) -> None:
        super().__init__(text)
        self._terminal = terminal

    def isatty(self) -> bool:
        return self._terminal


async def arcwatch(
    *arguments: str, env: Mapping[str, str] | None = None, cwd: Path | None = None, typed: str | None = None
) -> Ran:
    """Run a command to its end; `typed` is what the user answers at a terminal, None where there is none.

    One at a time: arguments, environment and outputs are the process's.
    """
    out, err = io.StringIO(), io.StringIO()
    with (
        _as_a_process(arguments, env or {}, cwd),
        mock.patch("sys.stdin", _Input(typed or "", terminal=typed is not None)),
    ):
        status = await asyncio.to_thread(_main, out, err)
    return Ran(status, out.getvalue().splitlines(), err.getvalue().splitlines())


def _main(out: io.StringIO, err: io.StringIO) -> int:
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err), pytest.raises(SystemExit) as end:
        cli.main()
    assert isinstance(end.value.code, int)
    return end.value.code


@contextlib.contextmanager
def _as_a_process(arguments: tuple[str, ...], env: Mapping[str, str], cwd: Path | None) -> Iterator[None]:
    log = structlog.get_config()
    handlers, level = logging.root.handlers[:], logging.root.level
    here = Path.cwd()
    with mock.patch.object(sys, "argv", ["arcwatch", *arguments]), mock.patch.dict(os.environ, clear=True):
        os.environ.update({**clean_environment(), **env})
        os.chdir(cwd or here)
        # Servers of the test log meanwhile, and not to the command's outputs.
        structlog.configure(**{**log, "logger_factory": structlog.WriteLoggerFactory(sys.stdout)})
        try:
            yield
        finally:
            os.chdir(here)
            structlog.configure(**log)
            logging.root.handlers[:], logging.root.level = handlers, level
