"""What is known of a submission's model beyond its folder's name."""

from datetime import date
from typing import Annotated, Any

from common.names.efforts import base_name
from common.names.fields import Kind, Layer, ModelName
from pydantic import Field

from query_api.schemas.base import ApiModel


class NameSources(ApiModel):
    """Where each field comes from: what an admin set, the operator's file, the package's registry, or rules."""

    display_name: Layer
    provider: Layer | None = None
    family: Layer | None = None
    effort: Layer | None = None
    release_date: Layer | None = None
    kind: Layer | None = None


class Naming(ApiModel):
    """What is known of the model; null where that is not known. docs/names.md says how it is told."""

    display_name: Annotated[str, Field(description="The name that people know.")]
    provider: Annotated[str | None, Field(description="Who made it.")]
    family: Annotated[str | None, Field(description="The line of models, such as Claude.")]
    effort: Annotated[str | None, Field(description="A level or a budget, as in the folder's name: xhigh, 32k.")]
    base_name: Annotated[
        str,
        Field(description="Display name without the effort: the same model's submissions at several efforts share it."),
    ]
    release_date: Annotated[date | None, Field(description="When the model became available.")]
    kind: Annotated[Kind | None, Field(description="A system is built around models; panels and baselines are none.")]
    name_sources: NameSources


def naming(name: ModelName) -> dict[str, Any]:
    """Return the fields that tell of a submission's model."""
    return dict(name.fields) | {
        "base_name": base_name(name.display_name, name.fields.effort),
        "name_sources": NameSources(**dict(name.layers)),
    }
