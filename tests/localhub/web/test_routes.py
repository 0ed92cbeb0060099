"""What huggingface_hub reads from the local Hub is what the folder holds, in the shapes and pages of the Hub."""

import asyncio
import base64
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
import pytest
from huggingface_hub import HfApi, RepoFile, RepoFolder, hf_hub_download, snapshot_download

from tests.support.hub import TestHub

REPO = "arcprize/arc_agi_v1_public_eval"
START = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)
ask = asyncio.to_thread


def listed(api: HfApi, path: str | None = None, **options: bool | str) -> list[RepoFile | RepoFolder]:
    return list(api.list_repo_tree(REPO, path, repo_type="dataset", **options))  # type: ignore[arg-type]  # keywords


def json_files(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*.json")}


async def test_the_root_lists_folders_with_their_tree_oids_and_files_with_size_and_blob_oid(
    hub: TestHub, api: HfApi
) -> None:
    hub.commit(REPO, {"README.md": b"hello", "alpha/1.json": b"[]", "beta/1.json": b"[1]"})
    entries = {entry.path: entry for entry in await ask(listed, api)}
    assert set(entries) == {"README.md", "alpha", "beta"}
    folder, file = entries["alpha"], entries["README.md"]
    assert isinstance(folder, RepoFolder)
    assert folder.tree_id == hub.oid(REPO, "alpha")
    assert isinstance(file, RepoFile)
    assert (file.size, file.blob_id) == (5, hub.oid(REPO, "README.md"))


async def test_a_folder_and_a_recursive_listing_name_paths_from_the_root(hub: TestHub, api: HfApi) -> None:
    hub.commit(REPO, {"alpha/deep/1.json": b"[]", "alpha/2.json": b"[]", "beta/3.json": b"[]"})
    assert [entry.path for entry in await ask(listed, api, "alpha")] == ["alpha/2.json", "alpha/deep"]
    assert [entry.path for entry in await ask(listed, api, "alpha/deep")] == ["alpha/deep/1.json"]
    recursive = [entry.path for entry in await ask(listed, api, recursive=True)]
    assert recursive == ["alpha", "alpha/2.json", "alpha/deep", "alpha/deep/1.json", "beta", "beta/3.json"]


async def test_listings_come_in_pages_of_a_thousand_and_of_fifty_when_expanded(hub: TestHub, api: HfApi) -> None:
    hub.commit(REPO, {f"model-{number:04}/1.json": b"[]" for number in range(1001)})
    plain = await ask(listed, api)
    assert len({entry.path for entry in plain}) == len(plain) == 1001
    assert hub.requests.count("/tree/") == 2
    hub.requests.clear()
    sha = hub.head(REPO)
    expanded = await ask(listed, api, expand=True, revision=sha)
    assert {entry.path for entry in expanded} == {entry.path for entry in plain}
    assert hub.requests.count("/tree/") == 21


async def test_a_cursor_is_a_position_not_a_snapshot(hub: TestHub) -> None:
    """Pages of `main` may mix commits, as on the Hub: only a listing of a sha is safe."""
    hub.commit(REPO, {f"m{number}/1.json": b"[]" for number in range(4)})
    url = f"{hub.url}/api/datasets/{REPO}/tree/main?limit=2"
    async with aiohttp.ClientSession() as session:
        async with session.get(url) as first:
            following = first.links["next"]["url"]
        hub.commit(REPO, {"m1": None, "m5/1.json": b"[]"})
        async with session.get(following) as second:
            assert [entry["path"] for entry in await second.json()] == ["m2", "m3"]
            assert "next" in second.links


async def test_a_broken_cursor_is_a_bad_request(hub: TestHub) -> None:
    hub.commit(REPO, {"m/1.json": b"[]"})
    wrong = base64.b64encode(json.dumps([1]).encode()).decode()
    async with aiohttp.ClientSession() as session:
        for cursor in ("%", "abc", wrong):
            async with session.get(f"{hub.url}/api/datasets/{REPO}/tree/main", params={"cursor": cursor}) as answer:
                assert answer.status == 400


async def test_expand_tells_the_last_commit_of_each_path(hub: TestHub, api: HfApi) -> None:
    first = hub.commit(REPO, {"alpha/1.json": b"[]", "beta/1.json": b"[]"}, date=START)
    second = hub.commit(REPO, {"beta/2.json": b"[]"}, "Add beta's rest", date=START + timedelta(days=1))
    found = {entry.path: entry.last_commit for entry in await ask(listed, api, expand=True)}
    assert found["alpha"] is not None
    assert (found["alpha"].oid, found["alpha"].date) == (first, START)
    assert found["beta"] is not None
    assert (found["beta"].oid, found["beta"].title) == (second, "Add beta's rest")
    before = {entry.path: entry.last_commit for entry in await ask(listed, api, expand=True, revision=first)}
    assert before["beta"] is not None
    assert before["beta"].oid == first


async def test_paths_info_finds_files_and_folders_and_leaves_out_what_is_not_there(hub: TestHub, api: HfApi) -> None:
    sha = hub.commit(REPO, {"alpha/1.json": b"[1, 2]"}, date=START)
    found = await ask(api.get_paths_info, REPO, ["alpha", "alpha/1.json", "gone"], repo_type="dataset", expand=True)
    assert [(entry.path, type(entry)) for entry in found] == [("alpha", RepoFolder), ("alpha/1.json", RepoFile)]
    assert [entry.last_commit.oid for entry in found if entry.last_commit] == [sha, sha]
    plain = await ask(api.get_paths_info, REPO, "alpha", repo_type="dataset", revision=sha)
    assert plain[0].last_commit is None


async def test_dataset_info_tells_sha_dates_and_files(hub: TestHub, api: HfApi) -> None:
    hub.commit(REPO, {"alpha/1.json": b"[]"}, date=START)
    sha = hub.commit(REPO, {"alpha/2.json": b"[1]"}, date=START + timedelta(hours=1))
    info = await ask(api.dataset_info, REPO, files_metadata=True)
    assert (info.id, info.sha, info.created_at) == (REPO, sha, START)
    assert info.last_modified == START + timedelta(hours=1)
    assert [(file.rfilename, file.size) for file in info.siblings or []] == [("alpha/1.json", 2), ("alpha/2.json", 3)]
    short = await ask(api.dataset_info, REPO, expand=["sha"])
    assert (short.sha, short.siblings) == (sha, None)


async def test_commits_and_refs_are_those_of_main(hub: TestHub, api: HfApi) -> None:
    shas = [hub.commit(REPO, {"m/n.json": str(number).encode()}, f"Change {number}") for number in range(52)]
    commits = await ask(api.list_repo_commits, REPO, repo_type="dataset")
    assert [commit.commit_id for commit in commits] == shas[::-1]
    assert commits[0].title == "Change 51"
    assert hub.requests.count("/commits/") == 2
    older = await ask(api.list_repo_commits, REPO, repo_type="dataset", revision=shas[1])
    assert [commit.commit_id for commit in older] == [shas[1], shas[0]]
    refs = await ask(api.list_repo_refs, REPO, repo_type="dataset", include_pull_requests=True)
    assert [(ref.ref, ref.target_commit) for ref in refs.branches] == [("refs/heads/main", shas[-1])]


async def test_a_download_is_the_file_of_the_asked_revision(hub: TestHub, tmp_path: Path) -> None:
    first = hub.commit(REPO, {"alpha/a task.json": b"[1]"})
    hub.commit(REPO, {"alpha/a task.json": b"[2]"})

    def download(revision: str) -> Path:
        options = {"repo_type": "dataset", "endpoint": hub.url, "cache_dir": tmp_path / "cache", "token": False}
        return Path(hf_hub_download(REPO, "alpha/a task.json", revision=revision, **options))  # type: ignore[call-overload]  # keywords

    assert (await ask(download, "main")).read_bytes() == b"[2]"
    assert (await ask(download, first)).read_bytes() == b"[1]"
    blob = (await ask(download, first)).resolve().name
    assert blob == hub.datasets.create(REPO).entry(hub.datasets.create(REPO).resolve(first), "alpha/a task.json").oid


async def test_snapshot_download_brings_every_file(hub: TestHub, tmp_path: Path) -> None:
    files = {f"alpha/{number}.json": json.dumps([number]).encode() for number in range(12)}
    hub.commit(REPO, dict(files))
    folder = await ask(
        snapshot_download, REPO, repo_type="dataset", endpoint=hub.url, cache_dir=tmp_path / "cache", token=False
    )
    assert await ask(json_files, Path(folder)) == files


async def test_large_files_are_lfs_pointers_served_by_the_cdn(tmp_path: Path) -> None:
    content = b"[" + b"1," * 2000 + b"1]"
    async with TestHub(tmp_path / "hub", lfs_above=1000) as hub:
        api = HfApi(endpoint=hub.url, token=False)
        hub.commit(REPO, {"alpha/big.json": content, "alpha/small.json": b"[]"})
        big, small = await ask(listed, api, "alpha")
        assert isinstance(big, RepoFile)
        assert big.lfs is not None
        assert big.size == big.lfs.size == len(content)
        assert big.lfs.pointer_size < 200
        assert isinstance(small, RepoFile)
        assert small.lfs is None
        options = {"repo_type": "dataset", "endpoint": hub.url, "cache_dir": tmp_path / "cache", "token": False}
        path = Path(await ask(hf_hub_download, REPO, "alpha/big.json", **options))  # type: ignore[arg-type]  # keywords
        assert await ask(path.read_bytes) == content
        assert (await ask(path.resolve)).name == big.lfs.sha256
        assert hub.cdn_requests.count("big.json") == 1


@pytest.mark.parametrize(
    ("asked", "status", "expected"),
    [
        ("bytes=2-", 206, b"cdef"),
        ("bytes=1-2", 206, b"bc"),
        ("bytes=-2", 206, b"ef"),
        ("bytes=9-", 416, b""),
        ("lines=1", 200, b"abcdef"),
    ],
)
async def test_a_download_can_be_resumed(hub: TestHub, asked: str, status: int, expected: bytes) -> None:
    hub.commit(REPO, {"alpha/1.json": b"abcdef"})
    url = f"{hub.url}/datasets/{REPO}/resolve/main/alpha/1.json"
    async with aiohttp.ClientSession() as session, session.get(url, headers={"Range": asked}) as answer:
        assert (answer.status, await answer.read()) == (status, expected)


async def test_two_thousand_models_are_two_pages(hub: TestHub, api: HfApi) -> None:
    hub.commit(REPO, {f"model-{number}/1.json": f"[{number}]".encode() for number in range(2000)})
    assert len(await ask(listed, api)) == 2000
    assert hub.requests.count("/tree/") == 2


async def test_a_browser_gets_plain_pages_with_links(hub: TestHub) -> None:
    hub.commit(REPO, {"<alpha>/a b.json": b"[7]"})
    async with aiohttp.ClientSession(hub.url) as session:

        async def page(path: str) -> str:
            async with session.get(path) as answer:
                assert answer.status == 200
                return await answer.text()

        assert f'href="/datasets/{REPO}"' in await page("/")
        assert "&lt;alpha&gt;/</a>" in await page(f"/datasets/{REPO}")
        folder = await page(f"/datasets/{REPO}/tree/main/%3Calpha%3E")
        link = f"/datasets/{REPO}/resolve/main/%3Calpha%3E/a%20b.json"
        assert f'href="{link}"' in folder
        async with session.get(link) as file:
            assert await file.read() == b"[7]"
