"""What a route is: one value from which both the handler and the OpenAPI document come."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Generic, Literal, TypeVar

from aiohttp import web

from query_api.schemas.base import ApiModel, OwnedDataset, Query, Rendered
from query_api.view.answers import Moment

Method = Literal["GET", "POST"]
Tag = Literal["Latest", "Models", "Analytics", "Admin", "Live", "Webhooks", "Service"]
Security = Literal["adminToken", "webhookSecret"]

NeedsT = TypeVar("NeedsT")
"""What the handlers of a module work with."""
Handle = Callable[[web.Request, Any], Awaitable[ApiModel | web.StreamResponse]]
Render = Callable[[Moment, Any], ApiModel | Rendered]


@dataclass(frozen=True, kw_only=True)
class Endpoint(Generic[NeedsT]):
    """One route. Either `render` answers from the cached view, or `handle` does what it takes.

    `answer` is the shape of the answer, or its media type where it is no JSON.
    """

    method: Method = "GET"
    path: str
    name: str
    summary: str
    description: str | None = None
    tag: Tag
    query: type[Query] = Query
    answer: type[ApiModel] | str
    events: type[ApiModel] | None = None
    """What a stream of events carries: for each name of an event the shape of its data."""
    status: int = 200
    problems: frozenset[int] = frozenset()
    secured: Security | None = None
    limited: bool = False
    render: Render | None = None
    handle: Callable[[NeedsT, web.Request, Any], Awaitable[ApiModel | web.StreamResponse]] | None = None
    headers: Mapping[str, str] | None = None
    """Request headers that the route reads, with what they are for."""

    def by_owner(self, query: type[OwnedDataset], summary: str) -> "Endpoint[NeedsT]":
        """Return the same route for a dataset that is written as owner and name, its slash as it is."""
        path = self.path.replace("{dataset}", "{owner}/{name}")
        return replace(self, path=path, name=f"{self.name}ByOwner", summary=summary, query=query)

    @property
    def path_names(self) -> tuple[str, ...]:
        """The names in the path, in order."""
        return tuple(part[1:-1] for part in self.path.split("/") if part.startswith("{"))

    @property
    def body(self) -> Any:
        """The type of the JSON body, or None."""
        field = self.query.model_fields.get("body")
        return field.annotation if field else None

    @property
    def all_problems(self) -> frozenset[int]:
        """Every error that this route may answer with."""
        found = set(self.problems) | {400}
        if self.body:
            found |= {408, 413, 415}
        if self.secured:
            found |= {401, 403}
        if self.secured or self.limited:
            found.add(429)
        return frozenset(found)
