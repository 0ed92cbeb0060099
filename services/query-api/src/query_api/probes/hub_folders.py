"""The Hub's listings, kept for a short while: anybody may ask for them, and the Hub counts requests."""

import asyncio
from collections.abc import Awaitable, Callable

KEPT_SECONDS = 30.0


class HubFolders:
    """Folder name -> tree oid of each dataset; one request at a time for each."""

    def __init__(self, ask: Callable[[str], Awaitable[dict[str, str]]]) -> None:
        self._ask = ask
        self._kept: dict[str, tuple[float, dict[str, str]]] = {}
        self._locks: dict[str, asyncio.Lock] = {}

    async def of(self, dataset: str) -> dict[str, str]:
        """Return a dataset's folders, as of half a minute ago at most."""
        async with self._locks.setdefault(dataset, asyncio.Lock()):
            now = asyncio.get_running_loop().time()
            if (kept := self._kept.get(dataset)) and now - kept[0] < KEPT_SECONDS:
                return kept[1]
            listed = await self._ask(dataset)
            self._kept[dataset] = (now, listed)
            return listed
