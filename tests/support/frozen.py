"""A server that hangs: every process of it is stopped (SIGSTOP), its sockets stay open."""

import contextlib
from collections.abc import Iterator

import psutil


@contextlib.contextmanager
def frozen(pid: int) -> Iterator[None]:
    """Stop a process and all its children until the block ends."""
    parent = psutil.Process(pid)
    parent.suspend()  # first, so that it starts no other
    stopped = [parent, *parent.children(recursive=True)]
    for each in stopped[1:]:
        each.suspend()
    try:
        yield
    finally:
        for each in stopped:
            with contextlib.suppress(psutil.NoSuchProcess):
                each.resume()
