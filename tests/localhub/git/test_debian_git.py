"""Debian's git works with the local Hub as with the real one, and its server sends the same over the same objects."""

from pathlib import Path

import aiohttp
import pytest
from dulwich.objects import Blob

from tests.support.git_command import GitCommandError, git
from tests.support.git_server import repack, serve_by_debian
from tests.support.hub import TestHub
from tests.support.hub.asked import CONTENT, REPO
from tests.support.hub.git_client import deltas_in, fetched, pack_in, post, texts, wants

pytestmark = pytest.mark.debian

TOKEN = "hf_right"
LARGE = b"a large file's content"  # above what the Hub of these tests keeps in git
FILES = {
    **{f"model/{number}.json": CONTENT + b"%d" % number for number in range(100)},  # more than stay loose
    "model-2/v2/public_eval/ä b.json": b"[1]",
    "model-2/empty.json": b"",
    "model.json": bytes(range(256)),
}


@pytest.fixture
def url(hub: TestHub) -> str:
    hub.commit(REPO, FILES)
    return f"{hub.url}/datasets/{REPO}"


def files_of(folder: Path) -> dict[str, bytes]:
    """Read a checkout, without git's own folder."""
    found = (path for path in folder.rglob("*") if path.is_file())
    shown = {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}
    return {path: content for path, content in shown.items() if not path.startswith(".git/")}


@pytest.mark.neighbour(
    "git", "clones a dataset of the local Hub", "its history with the Hub's own shas; every file byte for byte"
)
async def test_a_clone_is_the_dataset(hub: TestHub, url: str, tmp_path: Path) -> None:
    await git("clone", url, "clone", within=tmp_path)
    assert files_of(tmp_path / "clone") == FILES
    assert await git("rev-parse", "HEAD", within=tmp_path / "clone") == hub.head(REPO) + "\n"
    assert await git("fsck", "--strict", within=tmp_path / "clone") == ""
    assert [request.status for request in hub.requests.matching("git-upload-pack")] == [200, 200, 200]


@pytest.mark.neighbour("git", "fetches after new commits, and after a squash", "only what is new comes")
async def test_what_came_since_is_fetched(hub: TestHub, url: str, tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    await git("clone", url, clone, within=tmp_path)
    changed = {"model/1.json": b"[2]", "model-3/1.json": b"[3]"}
    hub.commit(REPO, {**changed, "model-2": None})
    await git("pull", "--ff-only", within=clone)
    expected = {path: content for path, content in (FILES | changed).items() if not path.startswith("model-2/")}
    assert files_of(clone) == expected
    squashed = hub.squash(REPO)
    await git("fetch", within=clone)
    assert await git("rev-parse", "origin/main", within=clone) == squashed + "\n"
    assert await git("diff", "--stat", "HEAD", "origin/main", within=clone) == ""
    assert await git("fsck", "--strict", within=clone) == ""
    assert await git("fetch", within=clone) == ""


@pytest.mark.neighbour(
    "git", "clones without blobs (--filter=blob:none)", "no file comes but those that are looked at, each when it is"
)
async def test_a_blobless_clone_fetches_files_when_they_are_looked_at(hub: TestHub, url: str, tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    await git("clone", "--filter=blob:none", "--no-checkout", url, clone, within=tmp_path)
    hub.requests.clear()
    assert await git("ls-tree", "-r", "--name-only", "-z", "HEAD", within=clone) == "\0".join([*sorted(FILES), ""])
    assert not hub.requests, "trees are there already"
    assert await git("cat-file", "-p", "HEAD:model/7.json", within=clone) == FILES["model/7.json"].decode()
    assert hub.requests.count("git-upload-pack", "POST") == 1
    await git("checkout", "HEAD", "--", "model-2", "model.json", within=clone)
    assert files_of(clone) == {path: content for path, content in FILES.items() if not path.startswith("model/")}


@pytest.mark.neighbour(
    "git",
    "asks for more than some 20 files of a blobless clone at once, which it does in a compressed request",
    "as on the real Hub no pack comes: `expected 'packfile'`; git's own compression cannot be switched off",
)
async def test_a_compressed_request_gets_no_pack(url: str, tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    await git("clone", "--filter=blob:none", "--no-checkout", url, clone, within=tmp_path)
    with pytest.raises(GitCommandError, match="fatal: expected 'packfile'"):
        await git("checkout", "main", within=clone)


@pytest.mark.neighbour("git", "lists the branches (ls-remote)", "HEAD and main, at the newest commit")
async def test_branches_are_listed(hub: TestHub, url: str, tmp_path: Path) -> None:
    sha = hub.head(REPO)
    listed = await git("ls-remote", "--symref", url, within=tmp_path)
    assert listed.splitlines() == ["ref: refs/heads/main\tHEAD", f"{sha}\tHEAD", f"{sha}\trefs/heads/main"]


@pytest.mark.neighbour("git", "clones the newest commit alone (--depth 1), and the rest later", "both are whole")
async def test_a_shallow_clone_can_be_deepened(hub: TestHub, url: str, tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    hub.commit(REPO, {"model/1.json": b"[2]"})
    hub.commit(REPO, {"model/1.json": b"[3]"})
    count = "rev-list", "--count", "HEAD"
    await git("clone", "--depth=1", url, clone, within=tmp_path)
    assert files_of(clone) == FILES | {"model/1.json": b"[3]"}
    assert await git(*count, within=clone) == "1\n"
    hub.commit(REPO, {"model/1.json": b"[4]"})
    await git("pull", "--ff-only", within=clone)
    assert await git(*count, within=clone) == "2\n"
    await git("fetch", "--depth=3", within=clone)
    assert await git(*count, within=clone) == "3\n"
    await git("fetch", "--unshallow", within=clone)
    assert await git(*count, within=clone) == "4\n"
    assert await git("fsck", "--strict", within=clone) == ""
    assert files_of(clone) == FILES | {"model/1.json": b"[4]"}


@pytest.mark.neighbour("git", "pushes to the local Hub", "refused (403) with a line that says how to upload")
async def test_a_push_is_refused(url: str, tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    await git("clone", "--depth=1", url, clone, within=tmp_path)
    with pytest.raises(GitCommandError, match="remote: This Hub takes no pushes by git: upload with huggingface_hub"):
        await git("push", "origin", "HEAD:refs/heads/main", within=clone)


@pytest.mark.neighbour("git", "asks by an older version of its protocol", "refused with a line that says so")
async def test_an_old_client_is_told(url: str, tmp_path: Path) -> None:
    with pytest.raises(GitCommandError, match="remote error: this Hub speaks version 2 of git's protocol alone"):
        await git("-c", "protocol.version=0", "ls-remote", url, within=tmp_path)


@pytest.mark.neighbour("git", "clones a large file (LFS)", "its pointer comes, as from the real Hub without git-lfs")
async def test_a_large_file_is_a_pointer(tmp_path: Path) -> None:
    async with TestHub(tmp_path / "hub", lfs_above=10) as hub:
        hub.commit(REPO, {"model/1.json": LARGE, "model/2.json": b"[]"})
        await git("clone", f"{hub.url}/datasets/{REPO}", tmp_path / "clone", within=tmp_path)
        repository = hub.datasets.create(REPO)
        entry = repository.entry(repository.head(), "model/1.json")
        assert entry.lfs
        files = files_of(tmp_path / "clone")
        assert files == {"model/1.json": entry.lfs.to_bytes(), "model/2.json": b"[]"}
        assert Blob.from_string(files["model/1.json"]).id.decode() == entry.oid


@pytest.mark.neighbour(
    "git", "clones a private or gated dataset", "with a token as the password; without, git asks for one"
)
@pytest.mark.parametrize("closed", ["private", "gated"])
async def test_a_closed_dataset_needs_a_token(tmp_path: Path, closed: str) -> None:
    async with TestHub(tmp_path / "hub", token=TOKEN, **{closed: [REPO]}) as hub:
        hub.commit(REPO, {"model/1.json": CONTENT})
        address = f"{hub.url.removeprefix('http://')}/datasets/{REPO}"
        with pytest.raises(GitCommandError, match="could not read Username"):
            await git("clone", f"http://{address}", "none", within=tmp_path)
        with pytest.raises(GitCommandError, match="Authentication failed"):
            await git("clone", f"http://user:hf_wrong@{address}", "wrong", within=tmp_path)
        await git("clone", f"http://user:{TOKEN}@{address}", "right", within=tmp_path)
        bearer = f"http.extraHeader=Authorization: Bearer {TOKEN}"
        await git("-c", bearer, "clone", f"http://{address}", "bearer", within=tmp_path)
    assert files_of(tmp_path / "right") == files_of(tmp_path / "bearer") == {"model/1.json": CONTENT}


@pytest.mark.neighbour(
    "git", "clones a dataset by its old name, or in another letter case", "led to the name it has (307)"
)
async def test_another_name_leads_to_the_dataset(hub: TestHub, url: str, tmp_path: Path) -> None:
    hub.rename_dataset(REPO, "arcprize/new-name")
    for number, name in enumerate((REPO, f"{REPO}.git", "ArcPrize/New-Name")):
        await git("clone", f"{hub.url}/datasets/{name}", str(number), within=tmp_path)
        assert files_of(tmp_path / str(number)) == FILES


@pytest.mark.neighbour(
    "git", "`git upload-pack` in place of the local Hub's server, over the same repository", "the same blobs"
)
async def test_debians_server_sends_the_same_blobs(hub: TestHub, web: aiohttp.ClientSession, url: str) -> None:
    oids = [Blob.from_string(content).id.decode() for content in FILES.values()]
    ours = await fetched(web, REPO, oids)
    rule = serve_by_debian(hub)
    assert await fetched(web, REPO, oids) == ours
    assert ours.keys() == set(oids)
    assert rule.struck == 1


@pytest.mark.neighbour(
    "git",
    "repacks a repository of the local Hub while that runs (git gc)",
    "both servers send the same blobs, by the same deltas",
)
async def test_a_repository_may_be_repacked(hub: TestHub, web: aiohttp.ClientSession, url: str) -> None:
    oids = [Blob.from_string(content).id.decode() for content in FILES.values()]
    before = await fetched(web, REPO, oids)
    await repack(hub, REPO)
    assert await fetched(web, REPO, oids) == before
    ours = pack_in((await post(web, REPO, wants(oids)))[1])
    serve_by_debian(hub)
    assert await fetched(web, REPO, oids) == before
    assert deltas_in(ours) == deltas_in(pack_in((await post(web, REPO, wants(oids)))[1])) > len(oids) / 2


@pytest.mark.neighbour(
    "git", "asked for a blob that is not there, Debian's server and the local Hub's", "the same error"
)
async def test_both_servers_word_an_error_alike(hub: TestHub, web: aiohttp.ClientSession, url: str) -> None:
    missing = wants(["1" * 40])
    ours = await post(web, REPO, missing)
    serve_by_debian(hub)
    assert await post(web, REPO, missing) == ours
    assert texts(ours[1]) == [f"ERR upload-pack: not our ref {'1' * 40}"]
