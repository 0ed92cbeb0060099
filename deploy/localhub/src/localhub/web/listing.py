"""Entries, commits and datasets in the JSON shapes of the Hub's API, and the cursors of its pages."""

import base64
import binascii
import json
from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from datetime import UTC, datetime
from typing import Any

from localhub.errors import HubError
from localhub.repositories.history import CommitRecord
from localhub.repositories.repository import Entry

PAGE = 1000  # entries of a page of the Hub; 50 with `expand`, and of commits
EXPANDED_PAGE = 50
DATASET_FIELDS = frozenset(
    {"author", "cardData", "citation", "createdAt", "description", "disabled", "downloads", "downloadsAllTime", "gated"}
    | {"lastModified", "likes", "mainSize", "paperswithcode_id", "private", "resourceGroup", "sha", "siblings", "tags"}
    | {"trendingScore", "usedStorage"}
)

Json = dict[str, Any]


def timestamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def entry_json(entry: Entry, last_commit: CommitRecord | None = None) -> Json:
    body: Json = {"type": "file" if entry.blob else "directory", "oid": entry.oid, "path": entry.path}
    body["size"] = entry.blob.size if entry.blob else 0
    if entry.blob and (lfs := entry.blob.lfs):
        body["lfs"] = {"oid": lfs.sha256, "size": lfs.size, "pointerSize": lfs.pointer_size}
    if last_commit:
        body["lastCommit"] = {
            "id": last_commit.sha,
            "title": last_commit.title,
            "date": timestamp(last_commit.date),
        }
    return body


def sibling_json(entry: Entry, *, blobs: bool) -> Json:
    body: Json = {"rfilename": entry.path}
    if blobs and entry.blob:
        body |= {"size": entry.blob.size, "blobId": entry.oid}
        if lfs := entry.blob.lfs:
            body["lfs"] = {"sha256": lfs.sha256, "size": lfs.size, "pointerSize": lfs.pointer_size}
    return body


def commit_json(commit: CommitRecord) -> Json:
    return {
        "id": commit.sha,
        "title": commit.title,
        "message": commit.message[len(commit.title) :].lstrip("\n"),
        "authors": [{"user": commit.author, "avatar": ""}],
        "date": timestamp(commit.date),
    }


def after_cursor(entries: Sequence[Entry], cursor: str | None) -> Sequence[Entry]:
    """Drop what earlier pages showed. A cursor names the last path shown, so it fits any commit."""
    if not cursor:
        return entries
    try:
        shown = json.loads(base64.urlsafe_b64decode(cursor))["file_name"]
    except (binascii.Error, ValueError, KeyError, TypeError) as error:
        raise HubError(400, f"Invalid cursor: {cursor}") from error
    return [entry for entry in entries if entry.path > shown]


def cursor_after(entry: Entry) -> str:
    return base64.urlsafe_b64encode(json.dumps({"file_name": entry.path}).encode()).decode()


def content_json(entries: Iterable[Entry], *, blobs: bool) -> Json:
    files = [entry for entry in entries if entry.blob]
    return {
        "siblings": [sibling_json(file, blobs=blobs) for file in files],
        "usedStorage": sum(file.blob.size for file in files if file.blob),
    }


def wanted_fields(expand: Iterable[str]) -> AbstractSet[str]:
    """Check what a caller asks for with `expand`; nothing means everything."""
    wanted = frozenset(expand)
    if unknown := wanted - DATASET_FIELDS:
        raise HubError(400, f"Invalid expand: {', '.join(sorted(unknown))}")
    return wanted


def dataset_json(repo: str, known: Json, wanted: AbstractSet[str]) -> Json:
    """Describe a dataset: its id, and everything or the wanted fields."""
    return {"_id": repo, "id": repo} | ({field: known.get(field) for field in sorted(wanted)} if wanted else known)
