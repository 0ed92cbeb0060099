"""What admins ask and do of dead letters."""

from datetime import timedelta
from typing import Annotated

from common.bus.dead_letters import Filter
from pydantic import AwareDatetime, BeforeValidator, Field

from query_api.schemas.base import PLAIN, Answer, ApiModel, Body, Count, DatasetName, Query

# A request is answered in a few seconds; who has more to do asks again, and can tell how far it is.
MOST_AT_ONCE = 500

_Word = Annotated[str, Field(min_length=1, max_length=255, pattern=PLAIN)]
# JSON has one kind of number: 7.0 is a whole one.
_WHOLE = BeforeValidator(lambda value: int(value) if isinstance(value, float) and value.is_integer() else value)
_Sequence = Annotated[int, Field(ge=1, le=2**53), _WHOLE]


class _Meant(ApiModel):
    """Which dead letters are meant: those that fit all that is said."""

    service: Annotated[_Word | None, Field(description="Whose it is.", examples=["ingester"])] = None
    kind: Annotated[_Word | None, Field(description="Why it failed, in a word.", examples=["folder_gone"])] = None
    dataset: DatasetName | None = None
    model: Annotated[_Word | None, Field(description="The model's folder.")] = None
    older_than_seconds: Annotated[
        int | None,
        Field(ge=0, le=2**31, description="Only those that failed at least so long ago.", examples=[3600]),
        _WHOLE,
    ] = None
    search: Annotated[_Word | None, Field(description="Text in its reason, service, model or dataset.")] = None

    def filter(self) -> Filter:
        """Return what is said, as the bus' client takes it."""
        older = None if self.older_than_seconds is None else timedelta(seconds=self.older_than_seconds)
        return Filter(self.service, self.kind, self.dataset, self.model, older, self.search)


class DeadLettersQuery(_Meant, Query):
    """Which dead letters, and which page of them."""

    limit: Annotated[int, Field(ge=1, le=MOST_AT_ONCE)] = 100
    offset: Annotated[int, Field(ge=0, le=10_000_000)] = 0


class DeadLettersBody(_Meant, Body):
    """Which dead letters, by their numbers or by what they have in common, and whether anything is to be done yet."""

    sequences: Annotated[
        list[_Sequence] | None,
        Field(min_length=1, max_length=MOST_AT_ONCE, description="Their numbers.", examples=[[3, 7]]),
    ] = None
    after: Annotated[
        int | None,
        Field(ge=0, le=2**53, description="Only those with a higher number: to go on.", examples=[7]),
        _WHOLE,
    ] = None
    all: Annotated[bool, Field(description="Every one. Needed where nothing else is said.", examples=[False])] = False
    dry_run: Annotated[bool, Field(description="Do nothing; tell which are meant.")] = False
    limit: Annotated[int, Field(ge=1, le=MOST_AT_ONCE, description="Without `sequences`: at most so many."), _WHOLE] = (
        100
    )


class DeadLetterRow(ApiModel):
    """A message that no service handles any more, and why."""

    sequence: Annotated[int, Field(description="Its number in the list.", examples=[3])]
    service: Annotated[str, Field(description="Whose it is.", examples=["ingester"])]
    kind: Annotated[str, Field(description="Why it failed, in a word.", examples=["folder_gone"])]
    reason: str
    dataset: Annotated[str | None, Field(description="As the message names it.")]
    model: Annotated[str | None, Field(description="As the message names it.")]
    deliveries: Annotated[Count, Field(description="How often it was delivered.", examples=[6])]
    failed_at: AwareDatetime
    subject: Annotated[
        str | None,
        Field(description="Null: only the server tells of it, as no handler lived to.", examples=["model.discovered"]),
    ]
    body: Annotated[str | None, Field(description="The message; its beginning where `shortened`.", examples=["{}"])]
    shortened: Annotated[bool, Field(description="The whole message is on the main stream.", examples=[False])]


class DeadLettersAnswer(Answer):
    """Dead letters, the oldest first."""

    total: Annotated[Count, Field(description="How many fit.", examples=[2])]
    data: tuple[DeadLetterRow, ...]


class NotDone(ApiModel):
    """One that nothing was done with: it stays on the list."""

    sequence: Annotated[int, Field(description="Its number in the list.", examples=[3])]
    reason: str


class DeadLettersActed(Answer):
    """What was done, or for a dry run would be."""

    dry_run: bool
    done: Annotated[tuple[DeadLetterRow, ...], Field(description="Those that it was, or would be, done with.")]
    failed: Annotated[tuple[NotDone, ...], Field(description="Those that it could not be done with.")]
    remaining: Annotated[Count, Field(description="How many more are meant: ask again for them.", examples=[0])]
