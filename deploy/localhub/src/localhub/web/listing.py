"""Datasets, entries and commits in the JSON shapes of the Hub's API, page by page."""

import base64
import json
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from aiohttp import web
from dulwich.lfs import LFSPointer
from dulwich.objects import Commit
from multidict import MultiMapping

from localhub.errors import EntryNotFoundError, HubError
from localhub.repositories.history import date_of, title_of
from localhub.repositories.objects import Entry
from localhub.repositories.repository import DatasetRepository
from localhub.web.access import Access

PAGE = 1000  # entries of a page of the Hub; 50 with `expand`, and of commits
EXPANDED_PAGE = 50
TRUE = frozenset({"1", "true", "True"})
DATASET_FIELDS = frozenset(
    {"author", "cardData", "citation", "createdAt", "description", "disabled", "downloads", "downloadsAllTime", "gated"}
    | {"lastModified", "likes", "mainSize", "paperswithcode_id", "private", "resourceGroup", "sha", "siblings", "tags"}
    | {"trendingScore", "usedStorage"}
)

Json = dict[str, Any]


def dataset_info(access: Access, repository: DatasetRepository, commit: Commit, request: web.Request) -> web.Response:
    """Describe a dataset: its id, and everything or the fields named by `expand`."""
    name = repository.name
    wanted = frozenset(request.query.getall("expand", []) + request.query.getall("expand[]", []))
    if unknown := wanted - DATASET_FIELDS:
        raise HubError(400, f"Invalid expand: {', '.join(sorted(unknown))}")
    known: Json = {
        "author": name.partition("/")[0],
        "sha": commit.id.decode(),
        "lastModified": _timestamp(commit),
        "createdAt": _timestamp(repository.commits(commit)[-1]),
        "private": name in access.private,
        "gated": "manual" if name in access.gated else False,
        "disabled": False,
        "downloads": 0,
        "likes": 0,
        "tags": [],
    }
    if not wanted or wanted & {"siblings", "usedStorage"}:
        files = [entry for entry in repository.entries(commit, recursive=True) if entry.size is not None]
        known["siblings"] = [_sibling(file, blobs=_flag(request.query, "blobs")) for file in files]
        known["usedStorage"] = sum(file.size or 0 for file in files)
    shown = {field: known.get(field) for field in sorted(wanted)} if wanted else known
    return web.json_response({"_id": name, "id": name, **shown})


def tree(repository: DatasetRepository, commit: Commit, request: web.Request) -> web.Response:
    """List a page of a folder."""
    expand = _flag(request.query, "expand")
    most = EXPANDED_PAGE if expand else PAGE
    size = min(_number(request, "limit") or most, most)
    path = request.match_info.get("path", "").strip("/")
    entries = repository.entries(commit, path, recursive=_flag(request.query, "recursive"))
    rest = _after_cursor(entries, request.query.get("cursor"))
    page = [_entry(repository, commit, entry, expand=expand) for entry in rest[:size]]
    response = web.json_response(page)
    if len(rest) > size:
        _link_next(request, response, cursor=_cursor(rest[size - 1]))
    return response


def paths_info(
    form: MultiMapping[Any], repository: DatasetRepository, commit: Commit, _request: web.Request
) -> web.Response:
    """Describe the paths that a form names, less those that are not there."""
    found = []
    for path in form.getall("paths", []):
        with suppress(EntryNotFoundError):
            entry = repository.entry(commit, str(path))
            found.append(_entry(repository, commit, entry, expand=_flag(form, "expand")))
    return web.json_response(found)


def commits(repository: DatasetRepository, commit: Commit, request: web.Request) -> web.Response:
    """List a page of the commits up to one, newest first."""
    every = repository.commits(commit)
    page = _number(request, "p")
    start, stop = page * EXPANDED_PAGE, (page + 1) * EXPANDED_PAGE
    response = web.json_response([_commit(each) for each in every[start:stop]])
    response.headers["X-Total-Count"] = str(len(every))
    if stop < len(every):
        _link_next(request, response, p=page + 1)
    return response


def refs(_repository: DatasetRepository, commit: Commit, request: web.Request) -> web.Response:
    main = {"name": "main", "ref": "refs/heads/main", "targetCommit": commit.id.decode()}
    body: Json = {"branches": [main], "converts": [], "tags": []}
    if "include_prs" in request.query:
        body["pullRequests"] = []
    return web.json_response(body)


def _link_next(request: web.Request, response: web.Response, **changed: str | int) -> None:
    response.headers["Link"] = f'<{request.url.update_query(changed)}>; rel="next"'


def _entry(repository: DatasetRepository, commit: Commit, entry: Entry, *, expand: bool) -> Json:
    kind = "directory" if entry.size is None else "file"
    body: Json = {"type": kind, "oid": entry.oid, "path": entry.path, "size": entry.size or 0}
    if entry.lfs:
        body["lfs"] = _pointer(entry.lfs, "oid")
    if expand:
        body["lastCommit"] = _change(repository.last_change(entry.path, commit))
    return body


def _sibling(entry: Entry, *, blobs: bool) -> Json:
    body: Json = {"rfilename": entry.path}
    if blobs:
        body |= {"size": entry.size, "blobId": entry.oid}
        if entry.lfs:
            body["lfs"] = _pointer(entry.lfs, "sha256")
    return body


def _pointer(pointer: LFSPointer, digest: str) -> Json:
    return {digest: pointer.oid, "size": pointer.size, "pointerSize": len(pointer.to_bytes())}


def _change(commit: Commit) -> Json:
    return {"id": commit.id.decode(), "title": title_of(commit), "date": _timestamp(commit)}


def _commit(commit: Commit) -> Json:
    author = commit.author.partition(b" <")[0].decode(errors="replace")
    message = commit.message.decode(errors="replace").partition("\n")[2].lstrip("\n")
    return {**_change(commit), "message": message, "authors": [{"user": author, "avatar": ""}]}


def _timestamp(commit: Commit) -> str:
    return date_of(commit).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def _after_cursor(entries: Sequence[Entry], cursor: str | None) -> Sequence[Entry]:
    """Drop what earlier pages showed. A cursor names the last path shown, so it fits any commit."""
    if not cursor:
        return entries
    try:
        shown = json.loads(base64.urlsafe_b64decode(cursor))["file_name"]
    except (ValueError, KeyError, TypeError) as error:
        raise HubError(400, f"Invalid cursor: {cursor}") from error
    return [entry for entry in entries if entry.path > shown]


def _cursor(entry: Entry) -> str:
    return base64.urlsafe_b64encode(json.dumps({"file_name": entry.path}).encode()).decode()


def _flag(given: MultiMapping[Any], name: str) -> bool:
    return given.get(name, "") in TRUE


def _number(request: web.Request, name: str) -> int:
    value = request.query.get(name, "")
    return int(value) if value.isdecimal() else 0
