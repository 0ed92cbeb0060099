"""Answers to downloads: headers from which the client learns commit, size and ETag, ranges, redirects to the CDN."""

from urllib.parse import quote

from aiohttp import web
from dulwich.objects import Commit

from localhub.errors import EntryNotFoundError
from localhub.repositories.repository import DatasetRepository

CDN = web.AppKey("cdn", str)
"""The URL of the other host, to which the Hub redirects downloads."""


def file_response(repository: DatasetRepository, commit: Commit, request: web.Request) -> web.Response:
    """Answer with a file's content. Large files are on the CDN, like on the Hub."""
    entry = repository.entry(commit, request.match_info["path"])
    if entry.size is None:
        raise EntryNotFoundError(entry.path)
    name = quote(entry.path.rpartition("/")[2])
    headers = {
        "ETag": f'"{entry.lfs.oid if entry.lfs else entry.oid}"',
        "X-Repo-Commit": commit.id.decode(),
        "Accept-Ranges": "bytes",
        "Content-Type": "text/plain; charset=utf-8",
        "Content-Disposition": f"inline; filename*=UTF-8''{name}; filename=\"{name}\";",
    }
    whole = _ranged(request, repository.read(entry), headers)
    on_cdn = entry.lfs and request.match_info["kind"] == "resolve"
    return redirect_to_cdn(request, whole) if on_cdn else whole


def cdn_response(repository: DatasetRepository, commit: Commit, request: web.Request) -> web.Response:
    """Answer as the CDN: the same file under the same path, without what the Hub knows of it."""
    entry = repository.entry(commit, request.match_info["path"])
    return _ranged(request, repository.read(entry), {"ETag": '"cdn"'})


def redirect_to_cdn(request: web.Request, whole: web.Response) -> web.Response:
    """Turn the answer to a download into a redirect, which carries the file's size and ETag."""
    headers = {
        "Location": request.config_dict[CDN] + request.raw_path,
        "X-Repo-Commit": whole.headers["X-Repo-Commit"],
        "X-Linked-Size": str(len(body_of(whole))),
        "X-Linked-ETag": whole.headers["ETag"],
    }
    return web.Response(status=302, text="Found", headers=headers)


def body_of(response: web.Response) -> bytes:
    return bytes(response.body) if isinstance(response.body, bytes | bytearray) else b""


def _ranged(request: web.Request, data: bytes, headers: dict[str, str]) -> web.Response:
    """Answer with the part that a `Range` header asks for, or with everything."""
    try:
        part = request.http_range
    except ValueError:  # not a range of bytes
        part = slice(None)
    if part.start is None and part.stop is None:
        return web.Response(body=data, headers=headers)
    start, stop, _ = part.indices(len(data))
    if start >= stop:
        return web.Response(status=416, headers={"Content-Range": f"bytes */{len(data)}"})
    headers["Content-Range"] = f"bytes {start}-{stop - 1}/{len(data)}"
    return web.Response(status=206, body=data[start:stop], headers=headers)
