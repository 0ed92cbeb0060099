"""What a route is: one value from which both the handler and the OpenAPI document come.

`@partial(Endpoint, path, tag, ...)` makes a route of its handler. The operation's name is the function's, its summary
the docstring, and the signature says the rest: what a request asks, the shape of the answer, and by their names the
services that the handler works with.
"""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import KW_ONLY, dataclass, replace
from functools import cached_property, partial
from typing import Any, Final, Literal, get_args, get_type_hints

from pydantic import BaseModel, create_model
from pydantic.alias_generators import to_camel

from query_api.schemas.base import ApiModel, Query

Method = Literal["GET", "POST", "PUT", "DELETE"]
Tag = Literal["Latest", "Models", "Tasks", "Analytics", "Admin", "Live", "Export", "Webhooks", "Service"]
Security = Literal["adminToken", "webhookSecret"]

Handle = Callable[..., Any]
_NAME_IN_PATH: Final = re.compile(r"{(\w+)}")
# These a handler gets with each request, whatever else it names once.
_OF_A_REQUEST: Final = frozenset({"moment", "request", "query", "body"})


@dataclass(frozen=True)
class Endpoint:
    """One route. A handler that takes the `moment` answers from the cached view."""

    path: str
    tag: Tag
    handle: Handle
    _: KW_ONLY
    method: Method = "GET"
    status: int = 200
    problems: Collection[int] = ()
    secured: Security | None = None
    limited: bool = False
    tagged: bool = False
    """Whether an answer from the database has an ETag: of its bytes, as the database changes where no view does."""
    answer: type[ApiModel] | str | tuple[str, ...] | None = None
    """What the signature cannot say: the shape of bytes, or their media type where they are no JSON; or several."""
    events: type[ApiModel] | None = None
    """What a stream of events carries: for each name of an event the shape of its data."""
    item: type[BaseModel] | None = None
    """One event of it whole, with its name and id."""
    description: str | None = None
    headers: Mapping[str, str] | None = None
    """Request headers that the route reads, with what they are for."""
    owned: str | None = None
    """The summary of a route that another one has already, but for how the dataset is written."""

    def by_owner(self, summary: str) -> "Endpoint":
        """Return the same route for a dataset that is written as owner and name, its slash as it is."""
        return replace(self, path=self.path.replace("{dataset}", "{owner}/{name}"), owned=summary)

    def bound(self, services: object) -> Handle:
        """Return the handler, given the services that it names: what comes with a request is all that is left."""
        wanted = self._types.keys() - {"return"}
        handle = partial(self.handle, **{name: getattr(services, name) for name in wanted - _OF_A_REQUEST})
        return lambda **given: handle(**{name: given[name] for name in wanted & _OF_A_REQUEST})

    @cached_property
    def _types(self) -> dict[str, Any]:
        return get_type_hints(self.handle)

    @property
    def name(self) -> str:
        """The operation's name."""
        return to_camel(self.handle.__name__) + ("ByOwner" if self.owned else "")

    @property
    def summary(self) -> str:
        """What the route is for, in one line."""
        return self.owned or (self.handle.__doc__ or "").rstrip(".")

    @property
    def is_cached(self) -> bool:
        """Whether the cached view answers."""
        return "moment" in self._types

    @property
    def is_tagged(self) -> bool:
        """Whether the answer has an ETag."""
        return self.is_cached or self.tagged

    @property
    def answers(self) -> type[ApiModel] | str | tuple[str, ...]:
        """The shape of the answer, or its media types where it is no JSON."""
        return self.answer or self._types["return"]

    @cached_property
    def query(self) -> type[Query]:
        """What a request asks; of two types the second one is for a dataset written as owner and name."""
        asked = self._types.get("query", Query)
        ways: tuple[type[Query], ...] = get_args(asked) or (asked,)
        query = ways[1 if self.owned else 0]
        return create_model(f"{self.name}Query", __base__=query, body=self.body) if self.body else query

    @property
    def body(self) -> Any:
        """The type of the JSON body, or None."""
        return self._types.get("body")

    @property
    def path_names(self) -> tuple[str, ...]:
        """The names in the path, in order."""
        return tuple(_NAME_IN_PATH.findall(self.path))

    @property
    def methods(self) -> tuple[str, ...]:
        """The methods that it answers: who may GET may ask for the head alone."""
        return ("GET", "HEAD") if self.method == "GET" else (self.method,)

    @property
    def statuses(self) -> frozenset[int]:
        """Every status that it may answer with: our own faults and a database that is away too."""
        return self.all_problems | {self.status, 500, 503} | ({304} if self.is_tagged else set())

    @property
    def all_problems(self) -> frozenset[int]:
        """Every error that this route may answer with."""
        found = {400, *self.problems}
        if self.body:
            found |= {408, 413, 415}
        if self.secured:
            found |= {401, 403}
        if self.secured or self.limited:
            found.add(429)
        return frozenset(found)
