"""Files that never change while the server runs: kept as bytes, plain and compressed."""

from aiohttp import hdrs, web

from query_api.server.http import cached_response
from query_api.server.response_cache import COMPRESS_FROM_BYTES, accepts_gzip, build_response


class StaticFile:
    """One file, with the policy that its page needs."""

    def __init__(
        self,
        body: bytes,
        content_type: str,
        policy: str | None = None,
        *,
        compress: bool = True,
        cache_control: str | None = None,
    ) -> None:
        self._plain = build_response(body, content_type=content_type)
        pays = compress and len(body) >= COMPRESS_FROM_BYTES
        self._zipped = build_response(body, content_type=content_type, encoding="gzip") if pays else self._plain
        for cached in (self._plain, self._zipped):
            if policy:
                cached.headers["Content-Security-Policy"] = policy
            if cache_control:
                cached.headers["Cache-Control"] = cache_control

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Answer with the file."""
        cached = self._zipped if accepts_gzip(request.headers.get(hdrs.ACCEPT_ENCODING, "")) else self._plain
        return cached_response(request, cached)
