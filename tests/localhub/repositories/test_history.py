"""The local Hub's commits are real git, follow the folder at once, and can be rewritten."""

import asyncio
import hashlib
import os
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest
from dulwich.objects import Commit
from dulwich.repo import Repo
from huggingface_hub import HfApi, RepoFile, RepoFolder
from huggingface_hub.errors import RevisionNotFoundError
from localhub.repositories.worktree import RACY_NS

from tests.support.hub import TestHub

REPO = "arcprize/arc_agi_v2_public_eval"
ask = asyncio.to_thread


def git_oid(kind: str, content: bytes) -> str:
    return hashlib.sha1(f"{kind} {len(content)}\0".encode() + content).hexdigest()


def settle(folder: Path) -> None:
    """Make every file old enough for its stat data to be trusted."""
    old = (folder.stat().st_mtime_ns - 100 * RACY_NS,) * 2
    for path in folder.rglob("*"):
        os.utime(path, ns=old)


def listed(api: HfApi, revision: str, *, expand: bool = False) -> list[RepoFile | RepoFolder]:
    return list(api.list_repo_tree(REPO, repo_type="dataset", revision=revision, expand=expand))


async def sha_of(api: HfApi) -> str | None:
    return (await ask(api.dataset_info, REPO, expand=["sha"])).sha


def test_oids_are_those_that_git_computes(tmp_path: Path) -> None:
    hub = TestHub(tmp_path)
    hub.commit(REPO, {"model/b.json": b"[2]", "model/a.json": b"[1]"})
    blobs = {name: git_oid("blob", data) for name, data in (("a.json", b"[1]"), ("b.json", b"[2]"))}
    assert hub.oid(REPO, "model/a.json") == blobs["a.json"]
    tree = b"".join(f"100644 {name}\0".encode() + bytes.fromhex(oid) for name, oid in sorted(blobs.items()))
    assert hub.oid(REPO, "model") == git_oid("tree", tree)
    root = b"40000 model\0" + bytes.fromhex(git_oid("tree", tree))
    with Repo(str(tmp_path / ".hub" / f"{REPO}.git")) as git:
        commit = git[git.head()]
        assert isinstance(commit, Commit)
        assert commit.tree.decode() == git_oid("tree", root)
        assert git.head().decode() == hub.head(REPO)


def test_folders_and_files_are_sorted_as_git_sorts_them(tmp_path: Path) -> None:
    """In a git tree `m` the folder comes after `m.json` and `m-1`: a folder sorts as if it ended in a slash."""
    hub = TestHub(tmp_path)
    hub.commit(REPO, {"m/1.json": b"1", "m.json": b"2", "m-1/1.json": b"3", "m0.json": b"4"})
    entries = [
        ("40000", "m-1", hub.oid(REPO, "m-1")),
        ("100644", "m.json", git_oid("blob", b"2")),
        ("40000", "m", hub.oid(REPO, "m")),
        ("100644", "m0.json", git_oid("blob", b"4")),
    ]
    tree = b"".join(f"{mode} {name}\0".encode() + bytes.fromhex(oid) for mode, name, oid in entries)
    assert hub.datasets.create(REPO).head().tree.decode() == git_oid("tree", tree)


async def test_a_change_in_the_folder_is_a_new_commit_at_the_next_request(hub: TestHub, api: HfApi) -> None:
    before = hub.commit(REPO, {"model/1.json": b"[1]"})
    file = hub.datasets.root / REPO / "model" / "1.json"
    file.write_bytes(b"[2]")
    after = await sha_of(api)
    assert after != before
    assert await sha_of(api) == after
    file.unlink()
    assert await sha_of(api) not in {before, after}
    assert len(await ask(api.list_repo_commits, REPO, repo_type="dataset")) == 3


async def test_edits_of_the_same_length_in_quick_succession_are_all_seen(hub: TestHub, api: HfApi) -> None:
    """A file's time may not advance between two edits; the content decides as long as it is that fresh."""
    hub.commit(REPO, {"model/1.json": b"[0]"})
    file = hub.datasets.root / REPO / "model" / "1.json"
    seen = set()
    for number in range(1, 10):
        file.write_bytes(f"[{number}]".encode())
        seen.add(hub.oid(REPO, "model/1.json"))
    assert len(seen) == 9


async def test_a_poll_of_an_unchanged_folder_reads_no_file(
    monkeypatch: pytest.MonkeyPatch, hub: TestHub, api: HfApi
) -> None:
    hub.commit(REPO, {f"model/{number}.json": b"[]" for number in range(20)})
    settle(hub.datasets.root / REPO)
    read: list[Path] = []
    read_bytes = Path.read_bytes

    def noted(path: Path) -> bytes:
        read.append(path)
        return read_bytes(path)

    monkeypatch.setattr(Path, "read_bytes", noted)
    # The change time cannot be set, so the first polls may still find it too fresh to be trusted.
    async with asyncio.timeout(5):
        await sha_of(api)
        assert len(set(read)) == 20, "those whose times were set"
        while read:
            read.clear()
            await sha_of(api)
            await asyncio.sleep(RACY_NS / 1e9)
    for _ in range(3):
        await sha_of(api)
    assert read == []


def test_temporary_and_hidden_state_is_not_part_of_the_dataset(tmp_path: Path) -> None:
    hub = TestHub(tmp_path)
    before = hub.commit(REPO, {"model/1.json": b"[]", ".gitattributes": b"*.bin filter=lfs"})
    folder = hub.datasets.root / REPO
    (folder / ".tmp-model").mkdir()
    (folder / ".tmp-model" / "1.json").write_bytes(b"half")
    (folder / "empty").mkdir()
    (folder / ".git").mkdir()
    Path(os.fsdecode(bytes(folder) + b"/\xff.json")).write_bytes(b"not a name in UTF-8")
    assert hub.head(REPO) == before


async def test_a_renamed_folder_keeps_its_oid_and_its_new_name_has_a_new_last_commit(hub: TestHub, api: HfApi) -> None:
    hub.commit(REPO, {"old-name/1.json": b"[1]"})
    oid = hub.oid(REPO, "old-name")
    sha = hub.rename(REPO, "old-name", "new-name")
    found = await ask(api.get_paths_info, REPO, ["old-name", "new-name"], repo_type="dataset", expand=True)
    assert [(entry.path, entry.tree_id) for entry in found] == [("new-name", oid)]  # type: ignore[union-attr]  # a folder
    assert found[0].last_commit is not None
    assert found[0].last_commit.oid == sha


async def test_a_squash_keeps_the_content_and_forgets_the_shas(hub: TestHub, api: HfApi) -> None:
    old = [hub.commit(REPO, {"model/1.json": str(number).encode()}) for number in range(3)]
    oid = hub.oid(REPO, "model")
    new = hub.squash(REPO)
    assert hub.oid(REPO, "model") == oid
    assert [commit.commit_id for commit in await ask(api.list_repo_commits, REPO, repo_type="dataset")] == [new]
    for sha in old:
        with pytest.raises(RevisionNotFoundError):
            await ask(listed, api, sha)
    expanded = await ask(listed, api, "main", expand=True)
    assert expanded[0].last_commit is not None
    assert expanded[0].last_commit.oid == new


async def test_old_revisions_stay_readable(hub: TestHub, api: HfApi) -> None:
    first = hub.commit(REPO, {"a/1.json": b"[1]"})
    hub.commit(REPO, {"a": None, "b/1.json": b"[2]"})
    assert [entry.path for entry in await ask(listed, api, first)] == ["a"]


def test_history_survives_a_restart_and_a_squash_stays_squashed(tmp_path: Path) -> None:
    first = TestHub(tmp_path)
    old = first.commit(REPO, {"m/1.json": b"[1]"}, date=datetime(2026, 1, 1, tzinfo=UTC))
    squashed = first.squash(REPO)
    newest = first.commit(REPO, {"m/2.json": b"[2]"})
    first.datasets.close()
    second = TestHub(tmp_path)
    repository = second.datasets.create(REPO)
    assert [commit.id.decode() for commit in repository.commits(repository.head())] == [newest, squashed]
    with pytest.raises(Exception, match=old):
        repository.resolve(old)
    second.datasets.close()


def test_a_first_start_that_was_cut_short_is_begun_anew(tmp_path: Path) -> None:
    (tmp_path / ".hub" / f"{REPO}.git" / "refs").mkdir(parents=True)
    hub = TestHub(tmp_path)
    assert hub.commit(REPO, {"m/1.json": b"[]"}) == hub.head(REPO)


def test_the_same_changes_on_the_same_dates_give_the_same_shas(tmp_path: Path) -> None:
    def build(root: Path) -> str:
        hub = TestHub(root)
        for day in (4, 5):
            sha = hub.commit(REPO, {f"m/{day}.json": b"[]"}, date=datetime(2026, 5, day, tzinfo=UTC))
        return sha

    assert build(tmp_path / "one") == build(tmp_path / "two")


@pytest.mark.parametrize("path", ["", "/etc/passwd", "../other/1.json", "m/../../1.json"])
def test_a_commit_cannot_leave_its_dataset(tmp_path: Path, path: str) -> None:
    with pytest.raises(ValueError, match="not a path inside a dataset"):
        TestHub(tmp_path).commit(REPO, {path: b""})


@pytest.mark.parametrize("name", ["no-owner", "../up/there", "a/b/c", ".hub/x", "a/"])
def test_a_dataset_needs_an_owner_and_a_name(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="<owner>/<name>"):
        TestHub(tmp_path).commit(name, {"m/1.json": b""})


async def test_writers_and_readers_at_the_same_time_see_whole_commits(hub: TestHub, api: HfApi) -> None:
    """Both files of a commit always carry the same number, whoever reads while another thread writes."""
    hub.commit(REPO, {"m/a.json": b"0", "m/b.json": b"0"})
    stop = threading.Event()

    def write() -> int:
        number = 0
        while not stop.is_set():
            number += 1
            hub.commit(REPO, {name: str(number).encode() for name in ("m/a.json", "m/b.json")})
        return number

    writer = asyncio.create_task(ask(write))
    try:
        for _ in range(10):
            one, other = await ask(api.get_paths_info, REPO, ["m/a.json", "m/b.json"], repo_type="dataset")
            assert isinstance(one, RepoFile)
            assert isinstance(other, RepoFile)
            assert one.blob_id == other.blob_id
    finally:
        stop.set()
    assert await writer > 0
