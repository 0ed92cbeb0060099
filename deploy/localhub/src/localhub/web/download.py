"""Answers to downloads: headers from which the client learns commit, size and ETag, ranges, LFS redirects."""

import re
from urllib.parse import quote

from aiohttp import web

from localhub.errors import EntryNotFoundError
from localhub.redirect import redirect_to_cdn
from localhub.repositories.history import CommitRecord
from localhub.repositories.repository import DatasetRepository, Entry

_RANGE = re.compile(r"bytes=(\d*)-(\d*)")


def file_response(
    request: web.Request, repository: DatasetRepository, commit: CommitRecord, entry: Entry
) -> web.Response:
    """Answer with a file's content. Large files are on the CDN, like on the Hub."""
    if entry.blob is None:
        raise EntryNotFoundError(entry.path)
    lfs = entry.blob.lfs
    name = entry.path.rpartition("/")[2]
    headers = {
        "ETag": f'"{lfs.sha256 if lfs else entry.oid}"',
        "X-Repo-Commit": commit.sha,
        "Accept-Ranges": "bytes",
        "Content-Type": "text/plain; charset=utf-8",
        "Content-Disposition": f"inline; filename*=UTF-8''{quote(name)}; filename=\"{quote(name)}\";",
    }
    whole = ranged(request, repository.read(entry), headers)
    on_cdn = lfs and request.match_info.get("kind") == "resolve"
    return redirect_to_cdn(request, whole) if on_cdn else whole


def ranged(request: web.Request, data: bytes, headers: dict[str, str]) -> web.Response:
    """Answer with the part that a `Range` header asks for, or with everything."""
    wanted = _RANGE.fullmatch(request.headers.get("Range", ""))
    if not wanted or wanted.groups() == ("", ""):
        return web.Response(body=data, headers=headers)
    first, last = wanted.groups()
    start = int(first) if first else max(0, len(data) - int(last))
    stop = min(int(last) + 1, len(data)) if first and last else len(data)
    if start >= stop:
        return web.Response(status=416, headers={"Content-Range": f"bytes */{len(data)}"})
    headers["Content-Range"] = f"bytes {start}-{stop - 1}/{len(data)}"
    return web.Response(status=206, body=data[start:stop], headers=headers)
