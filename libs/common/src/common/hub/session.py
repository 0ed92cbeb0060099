"""One HTTP session with the Hub, for files and packs: by the environment's proxies, the token for the Hub alone."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final, Self

import aiohttp
from yarl import URL

from common.hub.network import Network, certificate_problem
from common.hub.quota import GIT, Quota
from common.hub.renames import Renames

TIMEOUT = aiohttp.ClientTimeout(total=None, sock_connect=10, sock_read=30)
MAX_REDIRECTS = 10
UPLOAD_PACK: Final = "git-upload-pack"
# Any name does beside a token; the official client has git send this one.
_GIT_USER: Final = "hf_user"


@dataclass
class Session:
    """The connections to one Hub, with one token and one quota; `http` while they are open."""

    endpoint: str
    token: str | None = field(repr=False)
    quota: Quota
    network: Network
    renames: Renames

    @asynccontextmanager
    async def opened(self, connections: int) -> AsyncIterator[Self]:
        """Hold the connections while the block lasts."""
        connector = aiohttp.TCPConnector(limit=connections, ssl=self.network.tls)
        middlewares = (self._send,)
        async with aiohttp.ClientSession(connector=connector, timeout=TIMEOUT, middlewares=middlewares) as self.http:
            yield self

    def url(self, dataset: str, below: str) -> URL:
        """Return the URL of something of a dataset, by the Hub's name of it. `below` is quoted."""
        return URL(f"{self.endpoint}/datasets/{self.renames.current(dataset)}/{below}", encoded=True)

    async def _send(self, request: aiohttp.ClientRequest, send: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
        """Send a request, or what it is redirected to: each by its own proxy, and the token to the Hub alone."""
        proxy = self.network.proxy_for(request.url)
        request.update_proxy(URL(proxy) if proxy else None, None, None)
        if request.url.origin() != URL(self.endpoint).origin():
            return await send(request)
        is_git = request.url.name == UPLOAD_PACK
        if self.token:
            basic = aiohttp.encode_basic_auth(_GIT_USER, self.token)
            request.headers["Authorization"] = basic if is_git else f"Bearer {self.token}"
        response = await send(request)
        self.quota.learn(response.headers, GIT if is_git else None, response.status)
        if location := response.headers.get("Location"):
            self.renames.learn(request.url, location)
        return response


def reason_of(error: Exception) -> str:
    """Return what a request met, without what it sent; nothing where the error says nothing."""
    if isinstance(error, aiohttp.ClientHttpProxyError):
        # Its own text quotes the proxy's URL, and with it a password.
        return f"the proxy answers {error.status} {error.message}"
    return certificate_problem(error) or str(error)
