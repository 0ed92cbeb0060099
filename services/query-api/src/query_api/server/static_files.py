"""Files that never change while the server runs: kept as bytes, plain and compressed."""

from collections.abc import Mapping

from aiohttp import hdrs, web

from query_api.routes.export.negotiation import accepts_gzip
from query_api.server.http import Handler, cached_response
from query_api.server.response_cache import COMPRESS_FROM_BYTES, build_response


def static_file(
    body: bytes, content_type: str, headers: Mapping[str, str] | None = None, *, compress: bool = True
) -> Handler:
    """Return what answers with one file; `headers` take the place of the usual ones."""
    plain = build_response(body, content_type=content_type)
    pays = compress and len(body) >= COMPRESS_FROM_BYTES
    zipped = build_response(body, content_type=content_type, encoding="gzip") if pays else plain
    for cached in (plain, zipped):
        cached.headers.update(headers or {})

    async def answer(request: web.Request) -> web.StreamResponse:
        takes_gzip = accepts_gzip(request.headers.get(hdrs.ACCEPT_ENCODING, ""))
        return cached_response(request, zipped if takes_gzip else plain)

    return answer
