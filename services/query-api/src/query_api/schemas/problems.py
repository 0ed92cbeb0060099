"""Errors on the wire: RFC 9457 problem details, and the one table from a status to its title."""

from collections.abc import Mapping
from typing import Annotated, Final

from pydantic import Field

from query_api.schemas.base import ApiModel

CONTENT_TYPE: Final = "application/problem+json"

TITLES: Final[Mapping[int, str]] = {
    400: "Bad request",
    401: "Authentication needed",
    403: "Not allowed",
    404: "Not found",
    405: "Method not allowed",
    406: "Not acceptable",
    408: "Request not finished in time",
    413: "Body too large",
    415: "Unsupported media type",
    422: "Cannot be done as asked",
    429: "Too many requests",
    500: "Internal error",
    502: "The Hub does not answer",
    503: "Not available now",
}


class FieldError(ApiModel):
    """One field of the request, and what is wrong with it."""

    field: str
    message: str


class ProblemDetails(ApiModel):
    """An error (RFC 9457)."""

    type: Annotated[str, Field(description="Always about:blank: the status says it all.")] = "about:blank"
    title: str
    status: int
    detail: Annotated[str, Field(description="What is wrong, and what to do.")]
    message: Annotated[str, Field(description="The detail again, where the existing app's pages look for it.")]
    errors: tuple[FieldError, ...] = ()


class ProblemError(Exception):
    """Raised by a handler to answer with an error."""

    def __init__(
        self, status: int, detail: str, *, errors: tuple[FieldError, ...] = (), headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.headers = dict(headers or {})
        self.details = ProblemDetails(
            title=TITLES.get(status, "Error"), status=status, detail=detail, message=detail, errors=errors
        )
