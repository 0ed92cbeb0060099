"""How a command ends: with which exit status, and with which last line. A traceback is for bugs alone."""

import os
import sys
from collections.abc import Callable, Iterator

from arcwatch.commands.console.styles import RED
from arcwatch.errors import explained
from arcwatch.printable import printable, styled

# As shells number the signals that end a command.
INTERRUPTED = 130
BROKEN_PIPE = 141


def ended(command: Callable[[], object]) -> int:
    """Run a command to its end; return its exit status.

    What a user can mend is one line and 1; Ctrl-C is one line and 130; a reader that went away (`| head`) is 141 alone.
    """
    try:
        command()
    except (SystemExit, KeyboardInterrupt, BrokenPipeError) as end:
        return _flushed(_status(end))
    except Exception as error:
        known = explained(error)
        if known is None:
            raise
        complain(str(known))
        return _flushed(1)
    return _flushed(0)


def complain(text: str) -> None:
    """Print the one line on standard error."""
    line = f"{styled('arcwatch:', RED, sys.stderr)} {printable(text)}"
    try:
        print(line, file=sys.stderr, flush=True)  # noqa: T201 - the one line
    except OSError:
        _to_nowhere(sys.stderr.fileno())


def _status(end: BaseException) -> int:
    causes = tuple(_causes(end))
    if any(isinstance(cause, BrokenPipeError) for cause in causes):
        return BROKEN_PIPE
    code = end.code if isinstance(end, SystemExit) else INTERRUPTED
    if code == INTERRUPTED and any(isinstance(cause, KeyboardInterrupt) for cause in causes):
        complain("interrupted")
        return INTERRUPTED
    if isinstance(code, str):
        complain(code)
        return 1
    return code or 0


def _causes(error: BaseException) -> Iterator[BaseException]:
    seen: BaseException | None = error
    while seen is not None:
        yield seen
        seen = seen.__cause__ or seen.__context__


def _flushed(status: int) -> int:
    """Write what is left; Python's own last attempt would print a traceback."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        status = status or BROKEN_PIPE
    except OSError as error:
        complain(f"cannot write: {error.strerror}")
        status = status or 1
    else:
        if status != BROKEN_PIPE:
            return status
    _to_nowhere(sys.stdout.fileno())
    return status


def _to_nowhere(descriptor: int) -> None:
    os.dup2(os.open(os.devnull, os.O_WRONLY), descriptor)
