"""What huggingface_hub uploads to the local Hub becomes a commit and files; what is refused changes nothing."""

import asyncio
import hashlib
import io
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from huggingface_hub import CommitOperationAdd, CommitOperationDelete, HfApi, RepoFile
from huggingface_hub.errors import EntryNotFoundError, HfHubHTTPError
from localhub import server

from tests.support.hub import TestHub

REPO = "arcprize/arc_agi_v2_public_eval"
DATASET: dict[str, Any] = {"repo_id": REPO, "repo_type": "dataset"}
API = f"/api/datasets/{REPO}"
LFS = f"/datasets/{REPO}.git/info/lfs"
LARGE = b"large " * 300
SHA256 = hashlib.sha256(LARGE).hexdigest()
ask: Any = asyncio.to_thread  # the client's overloads know no keywords from a dict


@pytest.fixture
async def lfs_hub(tmp_path: Path) -> AsyncIterator[TestHub]:
    async with TestHub(tmp_path / "hub", lfs_above=1000) as running:
        yield running


@pytest.fixture
def writer(hub: TestHub) -> HfApi:
    return HfApi(endpoint=hub.url, token="hf_any")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder of 400 files, as a run over ARC-AGI-1 leaves it."""
    path = tmp_path / "run"
    path.mkdir()
    for number in range(400):
        (path / f"{number:08x}.json").write_text(f"[{number}]")
    return path


async def upload(api: HfApi, folder: Path, **options: Any) -> str:
    await ask(api.create_repo, REPO, repo_type="dataset", exist_ok=True)
    info = await ask(api.upload_folder, folder_path=folder, path_in_repo="model", **DATASET, **options)
    return str(info.oid)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


async def titles(api: HfApi) -> list[str]:
    return [str(commit.title) for commit in await ask(api.list_repo_commits, **DATASET)]


async def test_a_new_dataset_begins_as_on_the_hub_and_is_there_once(hub: TestHub, writer: HfApi) -> None:
    url = await ask(writer.create_repo, REPO, repo_type="dataset", private=True)
    assert (url.repo_id, url.repo_type, str(url)) == (REPO, "dataset", f"{hub.url}/datasets/{REPO}")
    assert await titles(writer) == ["initial commit"]
    assert [entry.path for entry in await ask(list, writer.list_repo_tree(**DATASET))] == [".gitattributes"]
    assert str(await ask(writer.create_repo, REPO, repo_type="dataset", exist_ok=True)) == str(url)
    with pytest.raises(HfHubHTTPError) as refused:
        await ask(writer.create_repo, REPO, repo_type="dataset")
    assert refused.value.response.status_code == 409
    assert (await ask(writer.create_repo, "mine", repo_type="dataset")).repo_id == "local/mine"


async def test_a_folder_of_400_files_lands_in_two_commits(hub: TestHub, writer: HfApi, folder: Path) -> None:
    """A sync between them sees 250 files: what is tested here is that this Hub shows it, as the real one does."""
    last = await upload(writer, folder)
    first = "Upload folder using huggingface_hub"
    assert await titles(writer) == [f"{first} (part 2)", first, "initial commit"]
    commits = await ask(writer.list_repo_commits, **DATASET)
    assert last == commits[0].commit_id == hub.head(REPO)
    counts = [len(await ask(writer.list_repo_files, revision=each.commit_id, **DATASET)) for each in commits]
    assert counts == [401, 251, 1]


async def test_what_was_uploaded_lies_in_the_folder_and_is_there_after_a_restart(
    hub: TestHub, writer: HfApi, folder: Path
) -> None:
    last = await upload(writer, folder)
    assert contents(hub.datasets.root / REPO / "model") == contents(folder)
    hub.datasets.close()
    again = TestHub(hub.datasets.root)
    assert again.head(REPO) == last
    again.datasets.close()


async def test_an_unchanged_folder_makes_no_commit_and_a_changed_file_alone_makes_one(
    hub: TestHub, writer: HfApi, folder: Path
) -> None:
    before = await upload(writer, folder)
    hub.requests.clear()
    assert await upload(writer, folder) == before
    assert hub.requests.count("/commit/") == 0
    (folder / "00000007.json").write_text("[8]")
    (folder / "00000009.json").unlink()
    await upload(writer, folder)
    assert len(await titles(writer)) == 4
    files = hub.datasets.root / REPO / "model"
    assert (files / "00000007.json").read_text() == "[8]"
    assert (files / "00000009.json").exists(), "an upload deletes nothing"


async def test_a_commit_of_400_files_of_50_kb_is_taken(hub: TestHub, writer: HfApi) -> None:
    """Clients before 2.0 send a whole folder at once, in base64: 27 MB."""
    await ask(writer.create_repo, REPO, repo_type="dataset")
    body = b"[" + b" " * 50_000
    adds = [CommitOperationAdd(f"model/{number}.json", body + f"{number}]".encode()) for number in range(400)]
    await ask(writer.create_commit, operations=adds, commit_message="One", **DATASET)
    assert len(list((hub.datasets.root / REPO / "model").iterdir())) == 400


async def test_a_body_above_the_limit_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(server, "BODY_BYTES", 1000)
    async with TestHub(tmp_path / "hub") as hub:
        hub.commit(REPO, {"README.md": b"-"})
        api = HfApi(endpoint=hub.url, token="hf_any")
        with pytest.raises(HfHubHTTPError) as refused:
            await ask(api.upload_file, path_or_fileobj=b"-" * 1000, path_in_repo="m/1.json", **DATASET)
        assert refused.value.response.status_code == 413


async def test_files_and_folders_are_deleted_by_commits(hub: TestHub, writer: HfApi) -> None:
    hub.commit(REPO, {"a/1.json": b"1", "a/2.json": b"2", "b/c/3.json": b"3"})
    await ask(writer.delete_file, "a/1.json", **DATASET)
    await ask(writer.delete_folder, "b", **DATASET)
    assert await ask(writer.list_repo_files, **DATASET) == ["a/2.json"]
    replace = [CommitOperationDelete("a/"), CommitOperationAdd("a/3.json", b"3")]
    await ask(writer.create_commit, operations=replace, commit_message="Replace", commit_description="all", **DATASET)
    assert await ask(writer.list_repo_files, **DATASET) == ["a/3.json"]
    newest = (await ask(writer.list_repo_commits, **DATASET))[0]
    assert (newest.title, newest.message) == ("Replace", "all")


@pytest.mark.parametrize(("path", "is_folder"), [("a/9.json", False), ("a", False), ("a/1.json", True), ("z", True)])
async def test_what_is_not_there_cannot_be_deleted(hub: TestHub, writer: HfApi, path: str, is_folder: bool) -> None:  # noqa: FBT001 - a case
    before = hub.commit(REPO, {"a/1.json": b"1"})
    operations = [CommitOperationAdd("b/1.json", b"2"), CommitOperationDelete(path, is_folder=is_folder)]
    with pytest.raises(EntryNotFoundError):
        await ask(writer.create_commit, operations=operations, commit_message="No", **DATASET)
    assert hub.head(REPO) == before


async def test_a_commit_after_another_parent_is_refused(hub: TestHub, writer: HfApi) -> None:
    first, second = (hub.commit(REPO, {"a/1.json": each}) for each in (b"1", b"2"))
    options: dict[str, Any] = {"path_in_repo": "a/1.json", **DATASET}
    with pytest.raises(HfHubHTTPError, match="has happened since") as refused:
        await ask(writer.upload_file, path_or_fileobj=b"3", parent_commit=first, **options)
    assert (refused.value.response.status_code, hub.head(REPO)) == (412, second)
    await ask(writer.upload_file, path_or_fileobj=b"3", parent_commit=second, **options)
    assert hub.head(REPO) != second


@pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")  # the client's own
async def test_large_files_go_to_the_lfs_store_once(lfs_hub: TestHub) -> None:
    api = HfApi(endpoint=lfs_hub.url, token="hf_any")
    lfs_hub.commit(REPO, {"README.md": b"-"})

    async def send(path: str) -> None:
        # From a buffer: from a path the client would ask for a server of Xet.
        await ask(api.upload_file, path_or_fileobj=io.BytesIO(LARGE), path_in_repo=path, **DATASET)

    await send("m/1.json")
    (found,) = await ask(api.get_paths_info, REPO, "m/1.json", repo_type="dataset")
    assert isinstance(found, RepoFile)
    assert found.lfs is not None
    assert (found.lfs.sha256, found.size) == (SHA256, len(LARGE))
    assert (lfs_hub.datasets.root / REPO / "m" / "1.json").read_bytes() == LARGE
    assert (lfs_hub.requests.count("/objects/", "PUT"), lfs_hub.requests.count("/verify", "POST")) == (1, 1)
    before = lfs_hub.head(REPO)
    await send("m/1.json")
    assert lfs_hub.head(REPO) == before
    assert lfs_hub.requests.count("/commit/") == 1, "unchanged"
    await send("n/1.json")
    assert lfs_hub.oid(REPO, "n/1.json") == lfs_hub.oid(REPO, "m/1.json")
    assert lfs_hub.requests.count("/objects/", "PUT") == 1, "the content is there"


async def test_what_this_hub_keeps_out_of_datasets_is_not_sent(hub: TestHub, writer: HfApi, tmp_path: Path) -> None:
    for name in ("1.json", ".DS_Store"):
        (tmp_path / "run").mkdir(exist_ok=True)
        (tmp_path / "run" / name).write_text("[]")
    await upload(writer, tmp_path / "run")
    assert await ask(writer.list_repo_files, **DATASET) == [".gitattributes", "model/1.json"]
    assert not (hub.datasets.root / REPO / "model" / ".DS_Store").exists()


async def test_a_readme_may_come_along(writer: HfApi) -> None:
    """The client asks for a verdict on its YAML first."""
    await ask(writer.create_repo, REPO, repo_type="dataset")
    await ask(writer.upload_file, path_or_fileobj=b"---\nlicense: mit\n---\n", path_in_repo="README.md", **DATASET)
    assert "README.md" in await ask(writer.list_repo_files, **DATASET)


def ndjson(*lines: dict[str, Any]) -> bytes:
    return b"\n".join(json.dumps(line).encode() for line in ({"key": "header", "value": {"summary": "x"}}, *lines))


def added(path: str, content: str = "W10=", encoding: str = "base64") -> dict[str, Any]:
    return {"key": "file", "value": {"path": path, "content": content, "encoding": encoding}}


BAD = {
    "no JSON": ("POST", f"{API}/preupload/main", b"{", 400),
    "no files": ("POST", f"{API}/preupload/main", b"{}", 400),
    "a branch that is not there": ("POST", f"{API}/preupload/dev", b'{"files": []}', 404),
    "an empty commit": ("POST", f"{API}/commit/main", b"", 400),
    "no header": ("POST", f"{API}/commit/main", json.dumps(added("m/1.json")).encode(), 400),
    "two headers": ("POST", f"{API}/commit/main", ndjson({"key": "header", "value": {}}), 400),
    "an unknown operation": ("POST", f"{API}/commit/main", ndjson({"key": "copy", "value": {}}), 400),
    "a broken line": ("POST", f"{API}/commit/main", ndjson(added("m/1.json")) + b"\n{", 400),
    "no base64": ("POST", f"{API}/commit/main", ndjson(added("m/1.json", "***")), 400),
    "another encoding": ("POST", f"{API}/commit/main", ndjson(added("m/1.json", encoding="utf-8")), 400),
    "up and away": ("POST", f"{API}/commit/main", ndjson(added("m/1.json"), added("../1.json")), 400),
    "an absolute path": ("POST", f"{API}/commit/main", ndjson(added("/etc/passwd")), 400),
    "no path": ("POST", f"{API}/commit/main", ndjson(added("")), 400),
    "a line break in a path": ("POST", f"{API}/commit/main", ndjson(added("m/\n.json")), 400),
    "a long name": ("POST", f"{API}/commit/main", ndjson(added("m/" + "x" * 300)), 400),
    "a long path": ("POST", f"{API}/commit/main", ndjson(added("m/" * 600 + "1.json")), 400),
    "a file for a folder": ("POST", f"{API}/commit/main", ndjson(added("m/2.json"), added("there")), 400),
    "a folder for a file": ("POST", f"{API}/commit/main", ndjson(added("there/1.json/2.json")), 400),
    "a file and a folder": ("POST", f"{API}/commit/main", ndjson(added("m"), added("m/1.json")), 400),
    "a link that leaves": ("POST", f"{API}/commit/main", ndjson(added("link/1.json")), 400),
    "a deletion of a line break": (
        "POST",
        f"{API}/commit/main",
        ndjson({"key": "deletedFile", "value": {"path": "a\nb"}}),
        404,
    ),
    "large, but not here": (
        "POST",
        f"{API}/commit/main",
        ndjson({"key": "lfsFile", "value": {"path": "m/1.json", "algo": "sha256", "oid": SHA256, "size": 1}}),
        400,
    ),
    "another branch": ("POST", f"{API}/commit/dev", ndjson(added("m/1.json")), 404),
    "a pull request": ("POST", f"{API}/commit/main?create_pr=1", ndjson(added("m/1.json")), 400),
    "another dataset": ("POST", "/api/datasets/arcprize/no/commit/main", ndjson(added("m/1.json")), 404),
    "a download by LFS": ("POST", f"{LFS}/objects/batch", b'{"operation": "download", "objects": []}', 400),
    "an oid that is a path": (
        "POST",
        f"{LFS}/objects/batch",
        b'{"operation": "upload", "objects": [{"oid": "../../x", "size": 1}]}',
        400,
    ),
    "a verification too early": ("POST", f"{LFS}/verify", json.dumps({"oid": SHA256, "size": 1}).encode(), 400),
    "an unsigned link": ("PUT", f"{LFS}/objects/{SHA256}", LARGE, 403),
    "a model": ("POST", "/api/repos/create", b'{"name": "x", "organization": "y", "type": "model"}', 400),
    "no name": ("POST", "/api/repos/create", b'{"name": "..", "organization": "y", "type": "dataset"}', 400),
}


@pytest.mark.parametrize(("method", "path", "body", "status"), BAD.values(), ids=list(BAD))
async def test_bad_requests_are_refused_and_change_nothing(
    hub: TestHub, tmp_path: Path, method: str, path: str, body: bytes, status: int
) -> None:
    before = hub.commit(REPO, {"there/1.json": b"[]"})
    (hub.datasets.root / REPO / "link").symlink_to(tmp_path)
    async with (
        aiohttp.ClientSession(hub.url, headers={"Authorization": "Bearer hf_any"}) as session,
        session.request(method, path, data=body) as answer,
    ):
        assert (answer.status, bool((await answer.json())["error"])) == (status, True)
    assert hub.head(REPO) == before
    assert hub.datasets.names() == [REPO]


async def test_a_link_takes_only_the_content_that_it_was_made_for(lfs_hub: TestHub) -> None:
    lfs_hub.commit(REPO, {"README.md": b"-"})
    batch = {"operation": "upload", "objects": [{"oid": SHA256, "size": len(LARGE)}]}
    headers = {"Authorization": "Bearer hf_any"}
    async with aiohttp.ClientSession(lfs_hub.url, headers=headers) as session:
        async with session.post(f"{LFS}/objects/batch", json=batch) as answer:
            (wanted,) = (await answer.json(content_type="application/vnd.git-lfs+json"))["objects"]
        for body, status in ((b"other", 400), (LARGE, 200)):
            async with session.put(wanted["actions"]["upload"]["href"], data=body) as answer:
                assert answer.status == status
        for size, status in ((1, 400), (len(LARGE), 200)):
            verify = wanted["actions"]["verify"]["href"]
            async with session.post(verify, json={"oid": SHA256, "size": size}) as answer:
                assert answer.status == status


@pytest.mark.parametrize(
    "path",
    ["/api/repos/create", f"{API}/preupload/main", f"{API}/commit/main", f"{LFS}/objects/batch", f"{LFS}/verify"],
)
async def test_an_upload_needs_a_token(hub: TestHub, path: str) -> None:
    before = hub.commit(REPO, {"m/1.json": b"[]"})
    async with aiohttp.ClientSession(hub.url) as session, session.post(path, data=ndjson(added("n/1.json"))) as answer:
        assert answer.status == 401
    assert hub.head(REPO) == before


@pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")  # the client's own
async def test_the_token_of_a_hub_that_has_one_opens_private_datasets(tmp_path: Path) -> None:
    """Large files as well, which the client sends without a token."""
    async with TestHub(tmp_path / "hub", token="hf_right", private=[REPO], lfs_above=1000) as hub:
        with pytest.raises(HfHubHTTPError, match="Invalid credentials"):
            await ask(HfApi(endpoint=hub.url, token="hf_wrong").create_repo, REPO, repo_type="dataset")
        right = HfApi(endpoint=hub.url, token="hf_right")
        await ask(right.create_repo, REPO, repo_type="dataset")
        for number, body in enumerate((b"[]", LARGE)):
            options = {"path_in_repo": f"m/{number}.json", **DATASET}
            await ask(right.upload_file, path_or_fileobj=io.BytesIO(body), **options)
        assert contents(hub.datasets.root / REPO / "m") == {"0.json": b"[]", "1.json": LARGE}
