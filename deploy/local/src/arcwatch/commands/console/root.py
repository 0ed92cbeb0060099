"""What stands before a command: `--version`, `--color`, and usage errors in words."""

import os
from enum import StrEnum
from typing import Annotated, Any

import typer
from typer.core import TyperGroup


class Colour(StrEnum):
    """When there are colours."""

    AUTO = "auto"
    ALWAYS = "always"
    NEVER = "never"


class Commands(TyperGroup):
    """The commands; what the validator says of an option that cannot be read becomes words."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command that was asked for."""
        try:
            return super().invoke(ctx)
        except typer.BadParameter as error:
            error.message = _in_words(error)
            raise


def _in_words(error: typer.BadParameter) -> str:
    from pydantic import ValidationError

    cause = error.__cause__
    if not isinstance(cause, ValidationError):
        return error.message
    from common.process.wording import in_words

    first = cause.errors()[0]
    words = in_words(first)
    return words if first["type"] == "value_error" else f"{first['input']} {words}"


def _show_version(wanted: bool) -> None:  # noqa: FBT001 - as typer calls it
    if wanted:
        from importlib.metadata import version

        typer.echo(f"arcwatch {version('arcwatch')}")
        raise typer.Exit


def options(
    *,
    version: Annotated[
        bool, typer.Option("--version", "-V", help="Print the version.", callback=_show_version, is_eager=True)
    ] = False,
    color: Annotated[
        Colour, typer.Option("--color", help="When to colour; NO_COLOR and FORCE_COLOR of the environment count, too.")
    ] = Colour.AUTO,
) -> None:
    """Set what all commands share."""
    del version
    if color is Colour.AUTO:
        return
    # In the environment: what else prints here looks there, too.
    wanted, other = ("FORCE_COLOR", "NO_COLOR") if color is Colour.ALWAYS else ("NO_COLOR", "FORCE_COLOR")
    os.environ[wanted] = "1"
    os.environ.pop(other, None)
