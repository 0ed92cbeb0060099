"""What was asked of the server, so that tests can count requests."""

import re
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

KEPT = 100_000  # a long demo must not grow without end


@dataclass(frozen=True, slots=True)
class LoggedRequest:
    """One request. `status` is 0 when the connection was cut instead of answered."""

    method: str
    path: str
    query: str
    status: int
    headers: Mapping[str, str]


class RequestLog:
    """The newest requests, oldest first."""

    def __init__(self) -> None:
        self._requests: deque[LoggedRequest] = deque(maxlen=KEPT)

    def __len__(self) -> int:
        return len(self._requests)

    def __iter__(self) -> Iterator[LoggedRequest]:
        return iter(self._requests)

    def __getitem__(self, position: int) -> LoggedRequest:
        return self._requests[position]

    def append(self, request: LoggedRequest) -> None:
        self._requests.append(request)

    def clear(self) -> None:
        self._requests.clear()

    def matching(self, path: str = "", method: str | None = None) -> list[LoggedRequest]:
        """Select requests whose `path?query` contains the pattern."""
        return [
            request
            for request in self._requests
            if method in {None, request.method} and re.search(path, f"{request.path}?{request.query}")
        ]

    def count(self, path: str = "", method: str | None = None) -> int:
        return len(self.matching(path, method))
