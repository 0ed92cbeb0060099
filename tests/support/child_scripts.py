"""Small programs that tests run as children, and how they look for what is left of them."""

import sys
from pathlib import Path

import psutil

MARK = "ARCWATCH_TEST_MARK"


def python(code: str) -> tuple[str, ...]:
    """Return the command that runs a few lines of Python, without waiting for buffers."""
    return (sys.executable, "-u", "-c", code)


def alive(pid: int) -> bool:
    """Tell whether a process runs; a zombie does not."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def marked(mark: str) -> list[str]:
    """Return the processes that have the mark in their environment: what a deployment started, and what they did."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get(MARK) == mark and process.status() != psutil.STATUS_ZOMBIE:
                found.append(f"{process.pid} {' '.join(process.cmdline())}")
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return found


def number_in(path: Path) -> int:
    """Return the number that a child wrote to a file, 0 while it has not."""
    return int(text) if path.exists() and (text := path.read_text().strip()).isdigit() else 0
