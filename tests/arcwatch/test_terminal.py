"""Promise: what the user sees comes in order, and a terminal that stands still or is gone stops no command."""

import io
import threading
from pathlib import Path

from arcwatch import terminal as module
from arcwatch.terminal import Terminal


class Closed(io.StringIO):
    """A terminal whose window was closed."""

    def write(self, _: str) -> int:
        raise BrokenPipeError


class Still(io.StringIO):
    """A terminal in which the user pressed Ctrl-S."""

    def __init__(self) -> None:
        super().__init__()
        self.moves = threading.Event()

    def write(self, text: str) -> int:
        self.moves.wait()
        return super().write(text)


def test_lines_come_in_order_and_results_go_to_standard_output() -> None:
    out, err = io.StringIO(), io.StringIO()
    terminal = Terminal(out, err)
    terminal.say("starting")
    terminal.of("watcher")("one")
    terminal.of("ingester-1")("two")
    terminal.result("ready")
    terminal.close()
    lines = err.getvalue().splitlines()
    assert lines[0].endswith("s  starting")
    assert lines[1:] == ["watcher    | one", "ingester-1 | two"]
    assert out.getvalue() == "ready\n"


def test_a_file_gets_no_colours(tmp_path: Path) -> None:
    with (tmp_path / "err").open("w") as err:
        terminal = Terminal(io.StringIO(), err)
        terminal.of("watcher")("line")
        terminal.close()
    assert "\x1b" not in (tmp_path / "err").read_text()


def test_a_terminal_that_is_gone_stops_no_command() -> None:
    terminal = Terminal(io.StringIO(), Closed())
    terminal.say("into the void")
    terminal.close()


def test_a_terminal_that_stands_still_stops_no_command_and_says_later_what_it_missed() -> None:
    err = Still()
    terminal = Terminal(io.StringIO(), err)
    for number in range(module._MOST_WAITING * 2):
        terminal.say(f"line {number}")
    err.moves.set()
    terminal.close()
    assert "lines are only in the log files)" in err.getvalue()
