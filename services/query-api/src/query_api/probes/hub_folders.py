"""The Hub's listings, kept for a short while: any reader may ask for them, and the Hub counts requests."""

from collections.abc import Awaitable, Callable
from functools import partial

from query_api.probes.cached_call import CachedCall

KEPT_SECONDS = 30.0


class HubFolders:
    """Folder name -> tree oid of each dataset; one request at a time for each."""

    def __init__(self, ask: Callable[[str], Awaitable[dict[str, str]]]) -> None:
        self._ask = ask
        self._calls: dict[str, CachedCall[dict[str, str]]] = {}

    async def of(self, dataset: str) -> dict[str, str]:
        """Return a dataset's folders, as of half a minute ago at most."""
        if dataset not in self._calls:
            self._calls[dataset] = CachedCall(partial(self._ask, dataset), KEPT_SECONDS)
        return await self._calls[dataset]()
