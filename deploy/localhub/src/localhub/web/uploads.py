"""Answers to uploads, as `huggingface_hub` makes them: what is new, the large files first, then one commit."""

import hashlib
import hmac
import secrets

from aiohttp import web
from dulwich.objects import Commit

from localhub.errors import EntryNotFoundError, HubError, RevisionNotFoundError
from localhub.repositories.repository import MAIN_NAMES, DatasetRepository
from localhub.repositories.worktree import is_ignored
from localhub.web import upload_bodies as bodies
from localhub.web.listing import Json

LFS_JSON = "application/vnd.git-lfs+json"
_KEY = secrets.token_bytes()  # links to which large files are sent are good for as long as the process runs


def preupload(body: bytes, repository: DatasetRepository, commit: Commit, _request: web.Request) -> web.Response:
    """Say of each file how to send it, and the oid of what is there: the client leaves out what has the same one."""
    files = [_offered(repository, commit, file) for file in bodies.parse(bodies.OFFER, body).files]
    return web.json_response({"files": files})


def lfs_batch(body: bytes, repository: DatasetRepository, _commit: Commit, request: web.Request) -> web.Response:
    """Say where to send each large file, less those that are there already."""
    base = f"{request.url.origin()}/datasets/{repository.name}.git/info/lfs"
    objects: list[Json] = []
    for each in bodies.parse(bodies.LARGE_FILES, body).objects:
        upload = {"href": f"{base}/objects/{each.oid}?signature={_signature(repository.name, each.oid)}"}
        actions = {"upload": upload, "verify": {"href": f"{base}/verify"}}
        missing = repository.read_large(each.oid) is None
        objects.append({"oid": each.oid, "size": each.size, **({"actions": actions} if missing else {})})
    return web.json_response({"transfer": "basic", "objects": objects}, content_type=LFS_JSON)


def lfs_put(body: bytes, repository: DatasetRepository, _commit: Commit, request: web.Request) -> web.Response:
    """Keep a large file that came over a link of ours; the client sends no token there."""
    oid = request.match_info["oid"]
    if not hmac.compare_digest(request.query.get("signature", "").encode(), _signature(repository.name, oid).encode()):
        raise HubError(403, "This is no link that the batch of large files answered")
    if hashlib.sha256(body).hexdigest() != oid:
        raise HubError(400, f"The content is not that of the sha256 {oid}")
    repository.put_large(body)
    return web.Response()


def lfs_verify(body: bytes, repository: DatasetRepository, _commit: Commit, _request: web.Request) -> web.Response:
    wanted = bodies.parse(bodies.LARGE_FILE, body)
    if len(_large(repository, wanted.oid)) != wanted.size:
        raise HubError(400, f"{wanted.oid} has another size than {wanted.size}")
    return web.json_response({})


def commit(body: bytes, repository: DatasetRepository, head: Commit, request: web.Request) -> web.Response:
    """Write what came as one commit, or refuse it whole."""
    if request.match_info["revision"] not in MAIN_NAMES:
        raise RevisionNotFoundError(request.match_info["revision"])
    if "create_pr" in request.query:
        raise HubError(400, "This Hub has no pull requests")
    first, *rest = body.splitlines() or [b""]
    header = bodies.parse(bodies.HEADER, first)
    changes = dict(_change(repository, head, bodies.parse(bodies.OPERATION, line)) for line in rest)
    message = f"{header.value.summary}\n\n{header.value.description}".strip()
    try:
        done = repository.commit(changes, message, parent=header.value.parent)
    except ValueError as error:
        raise HubError(400, str(error)) from error
    sha = done.id.decode()
    url = f"{request.url.origin()}/datasets/{repository.name}/commit/{sha}"
    return web.json_response({"success": True, "commitOid": sha, "commitUrl": url, "hookOutput": ""})


def _offered(repository: DatasetRepository, head: Commit, file: bodies.OfferedFile) -> Json:
    answer: Json = {
        "path": file.path,
        "uploadMode": "lfs" if repository.is_large(file.size) else "regular",
        "shouldIgnore": any(map(is_ignored, file.path.split("/"))),
    }
    try:
        there = repository.entry(head, file.path)
    except EntryNotFoundError:
        return answer
    return answer if there.size is None else answer | {"oid": there.lfs.oid if there.lfs else there.oid}


def _change(repository: DatasetRepository, head: Commit, operation: bodies.Operation) -> tuple[str, bytes | None]:
    match operation:
        case bodies.AddedFile(value=file):
            return file.path, file.content
        case bodies.AddedLargeFile(value=large):
            return large.path, _large(repository, large.oid)
        case bodies.Deletion(key=key, value=value):
            path = value.path.rstrip("/")
            if (repository.entry(head, path).size is None) != (key == "deletedFolder"):
                raise EntryNotFoundError(path)
            return path, None


def _large(repository: DatasetRepository, oid: str) -> bytes:
    data = repository.read_large(oid)
    if data is None:
        raise HubError(400, f"The large file {oid} did not come before its commit")
    return data


def _signature(repo: str, oid: str) -> str:
    return hmac.digest(_KEY, f"{repo}/{oid}".encode(), "sha256").hex()
