"""Asking before something is done that cannot be taken back."""

import sys

import typer

from arcwatch.commands.console.output import say
from arcwatch.commands.console.styles import BOLD
from arcwatch.errors import DeploymentError
from arcwatch.printable import printable, styled

_YES = frozenset({"y", "yes"})


def confirm(question: str, *, yes: bool) -> None:
    """Return where the user agrees, at the terminal or by --yes before; else end the command with exit status 1."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise DeploymentError(f"{question} There is no terminal to ask at: say --yes")
    print(styled(f"{printable(question)} [y/N]", BOLD, sys.stderr), end=" ", file=sys.stderr, flush=True)  # noqa: T201
    answer = sys.stdin.readline().strip().lower()
    if answer not in _YES:
        say("nothing was done", err=True)
        raise typer.Exit(1)
