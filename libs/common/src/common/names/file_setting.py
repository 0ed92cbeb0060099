"""The setting that names the operator's own registry."""

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator
from pydantic_settings import BaseSettings

from common.names.registry import ModelNames


def _readable(path: Path | None) -> Path | None:
    ModelNames.load(path)
    return path


class NamesSettings(BaseSettings):
    """Read from the environment by the field's name in capitals."""

    # What it says goes before the package's registry; a bad file stops the service.
    model_names_file: Annotated[
        Path | None, BeforeValidator(lambda value: value or None), AfterValidator(_readable)
    ] = None

    @property
    def names(self) -> ModelNames:
        """What the file, the package and the rules say."""
        return ModelNames.load(self.model_names_file)
