"""Files that never change while the server runs: kept as bytes, plain and compressed."""

from typing import Final

from aiohttp import hdrs, web

from query_api.server.http import page_response
from query_api.view.response_cache import COMPRESS_FROM_BYTES, make_page, takes_gzip

PAGE_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


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
        self._plain = make_page(body, content_type=content_type)
        pays = compress and len(body) >= COMPRESS_FROM_BYTES
        self._zipped = make_page(body, content_type=content_type, encoding="gzip") if pays else self._plain
        for page in (self._plain, self._zipped):
            if policy:
                page.headers["Content-Security-Policy"] = policy
            if cache_control:
                page.headers["Cache-Control"] = cache_control

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Answer with the file."""
        page = self._zipped if takes_gzip(request.headers.get(hdrs.ACCEPT_ENCODING, "")) else self._plain
        return page_response(request, page)
