"""The Hub's redirect of a download to its CDN."""

from dataclasses import dataclass

from aiohttp import web


@dataclass
class CdnAddress:
    """Where the CDN listens; known once it does."""

    url: str = ""


CDN = web.AppKey("cdn", CdnAddress)


def redirect_to_cdn(request: web.Request, whole: web.Response) -> web.Response:
    """Turn the answer to a download into a redirect, which carries the file's size and ETag."""
    headers = {
        "Location": request.config_dict[CDN].url + request.raw_path,
        "X-Repo-Commit": whole.headers["X-Repo-Commit"],
        "X-Linked-Size": str(len(body_of(whole))),
        "X-Linked-ETag": whole.headers["ETag"],
    }
    return web.Response(status=302, text="Found", headers=headers)


def body_of(response: web.Response) -> bytes:
    return bytes(response.body) if isinstance(response.body, bytes | bytearray) else b""
