"""What all shapes on the wire share: camelCase names, values that never change, nothing unknown."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Final, Literal

from common.arc.task_sets import Source
from common.error_kinds import ErrorKind, NoteKind, Severity
from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel


class ApiModel(BaseModel):
    """An object of an answer, or of a request's body."""

    model_config = ConfigDict(
        frozen=True,
        alias_generator=to_camel,
        validate_by_name=True,
        validate_by_alias=True,
        serialize_by_alias=True,
        extra="forbid",
        ser_json_inf_nan="null",
    )


class Body(ApiModel):
    """A JSON body: it has types, so nothing is converted."""

    model_config = ConfigDict(strict=True)


# Any name, but nothing that PostgreSQL or a log line would trip over: what is not there is answered in words.
PLAIN: Final = r"^[^\x00-\x1f\x7f]+$"
DatasetName = Annotated[
    str, Field(min_length=1, max_length=255, pattern=PLAIN, description="A dataset, owner/name, in any letter case.")
]
DatasetPart = Annotated[str, Field(min_length=1, max_length=127, pattern=r"^[^/\x00-\x1f\x7f]+$")]


class Query(ApiModel):
    """What a request asks: the fields named in the route's path, the rest from the query; `body` is the JSON body.

    By itself: a request without parameters.
    """


class OwnedDataset(Query):
    """One dataset, written as owner and name."""

    owner: DatasetPart
    name: DatasetPart

    @property
    def dataset(self) -> str:
        """The dataset's full name."""
        return f"{self.owner}/{self.name}"


Fraction = Annotated[float, Field(ge=0, le=1)]
Percent = Annotated[float, Field(ge=0, le=100)]
Rank = Annotated[int, Field(ge=1)]
Count = Annotated[int, Field(ge=0)]


class Interval(ApiModel):
    """The 95% interval of a score, over tasks like those of its set: from the lowest to the highest that fits."""

    low: Fraction
    high: Fraction


class RankRange(ApiModel):
    """The best and the worst rank that a submission may have, by comparisons with each other one of its task set."""

    best: Rank
    worst: Rank


By = Literal["ingested", "published"]
# A newer service may write words that this one does not know: a document that names them all would be wrong then.
TaskSetName = Source | str
ProblemKind = ErrorKind | NoteKind | str
# "unknown" stands for a word of a newer version.
IngestionStatus = Literal["completed", "partial", "unknown"]
Status = Literal[IngestionStatus, "removed"]


class Advised(ApiModel):
    """A kind of finding: how bad it is, and what the uploader can do."""

    kind: ProblemKind
    severity: Annotated[
        Severity,
        Field(
            description="error: answers are lost; warning: answers or figures may be; note: mended, nothing is lost."
        ),
    ]
    advice: Annotated[str | None, Field(description="Null for a kind that a newer version knows.")]


class Finding(Advised):
    """How often a kind was found: in how many files, or in the folder itself."""

    count: Count


class Answer(ApiModel):
    """An answer that says it worked."""

    success: Literal[True] = True


class Cached(Answer):
    """An answer from the cached view."""

    stale: Annotated[
        bool, Field(description="NATS or the database is away: this may lag behind, by the seconds in the Age header.")
    ] = False
    as_of: Annotated[datetime | None, Field(description="While stale: when the view was last known to be right.")] = (
        None
    )


JSON: Final = "application/json; charset=utf-8"
# Browsers may keep an answer but ask each time whether it still holds: a 304 has no body.
ASK_EACH_TIME: Final = "no-cache"


@dataclass(frozen=True, slots=True)
class Rendered:
    """An answer that is bytes already, what they are, and how they may be kept."""

    body: bytes
    content_type: str
    cache_control: str = ASK_EACH_TIME
