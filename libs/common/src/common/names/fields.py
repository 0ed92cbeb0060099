"""What is known of a model: its fields, each of which may be unknown, and where each comes from."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Final, Literal, NamedTuple

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, field_validator

MAX_TEXT = 255
Kind = Literal["model", "system", "human_panel", "baseline"]
Layer = Literal["admin", "file", "registry", "rules"]


def as_shown(text: str) -> str:
    """Return a text without space at its ends; refuse what no page can show."""
    if not (shown := text.strip()):
        raise ValueError("it is empty")
    if not shown.isprintable():
        raise ValueError("it holds control characters, or others that no page can show")
    return shown


_Text = Annotated[str, StringConstraints(min_length=1, max_length=MAX_TEXT)]
Text = Annotated[_Text, AfterValidator(as_shown)]


class NameFields(BaseModel):
    """What is said of a model. None: not said, so not known from there."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    display_name: Annotated[_Text | None, Field(description="The name that people know.")] = None
    provider: Annotated[_Text | None, Field(description="Who made it.")] = None
    family: Annotated[_Text | None, Field(description="The line of models, such as Claude.")] = None
    effort: Annotated[_Text | None, Field(description="Level or budget, as in the folder's name: xhigh, 32k.")] = None
    release_date: Annotated[date | None, Field(description="When the model became available.")] = None
    kind: Annotated[
        Kind | None, Field(description="A system is built around models; panels and baselines are no models.")
    ] = None

    @field_validator("display_name", "provider", "family", "effort")
    @classmethod
    def check_text(cls, text: str | None) -> str | None:
        """Return a text as pages show it."""
        return None if text is None else as_shown(text)


FIELDS: Final = tuple(NameFields.model_fields)


class Entry(NamedTuple):
    """What one source says of a folder, and in words where each field comes from."""

    fields: NameFields
    origins: Mapping[str, str]


@dataclass(frozen=True)
class ModelName:
    """All that is known of a folder's model; `layers` and `origins` hold the fields that are."""

    fields: NameFields
    layers: tuple[tuple[str, Layer], ...]
    origins: tuple[tuple[str, str], ...]

    @property
    def display_name(self) -> str:
        """The name that people know, or the folder's as the rules spell it."""
        return self.fields.display_name or ""

    @property
    def is_reference(self) -> bool:
        """Whether it is people, or a baseline: what models are read against, and what has no rank among them."""
        return self.fields.kind in {"human_panel", "baseline"}
