"""The local Hub answers git's commands with what its repositories hold, object by object and whole."""

from pathlib import Path

import pytest
from dulwich.objects import Blob, Commit, Tree
from dulwich.pack import OFS_DELTA, REF_DELTA
from dulwich.repo import Repo
from localhub.git import answers
from localhub.repositories.datasets import STATE
from localhub.repositories.repository import DatasetRepository

from tests.support.hub import TestHub
from tests.support.hub.asked import REPO
from tests.support.hub.git_client import kinds_in, objects_in, pack_in, request_body, texts, wants
from tests.support.hub.git_packs import add_pack, delta, whole

MANY = {f"m/{number}.json": b"[%d]" % number * 99 for number in range(100)}  # more than are kept as loose files
FEW = {"few/1.json": b"[1]", "few/b/2.json": b"[2]"}


@pytest.fixture
def repository(tmp_path: Path) -> DatasetRepository:
    hub = TestHub(tmp_path)
    hub.commit(REPO, MANY)
    hub.commit(REPO, FEW)
    return hub.datasets.create(REPO)


def fetch(repository: DatasetRepository, *arguments: str) -> dict[str, bytes]:
    return objects_in(pack_in(answers.answer(repository, request_body("fetch", *arguments))))


def blobs(files: dict[str, bytes]) -> dict[str, bytes]:
    return {Blob.from_string(content).id.decode(): content for content in files.values()}


@pytest.mark.parametrize("files", [MANY, FEW, MANY | FEW], ids=["packed", "loose", "both"])
def test_wanted_blobs_come_and_nothing_else(repository: DatasetRepository, files: dict[str, bytes]) -> None:
    answer = answers.answer(repository, wants(blobs(files)))
    assert objects_in(pack_in(answer)) == blobs(files)


def test_a_blob_is_sent_as_it_is_stored(repository: DatasetRepository) -> None:
    """Nothing is inflated or compressed on the way: the pack holds the stored bytes."""
    (oid, *_) = blobs(MANY)
    (pack,) = (repository.folder.parents[1] / ".hub").rglob("*.pack")
    sent = pack_in(answers.answer(repository, wants([oid])))
    assert sent[14:-20] in pack.read_bytes()


def test_a_commit_brings_its_history_and_all_files(repository: DatasetRepository) -> None:
    head = repository.head()
    sent = fetch(repository, f"want {head.id.decode()}", "done")
    commits = {commit.id.decode(): commit.as_raw_string() for commit in repository.commits(head)}
    assert commits.items() <= sent.items()
    assert blobs(MANY | FEW).items() <= sent.items()
    trees = len(sent) - len(commits) - len(MANY | FEW)
    assert trees == len({"of the first commit", "of the second", "m", "few", "few/b"})


def test_who_has_a_commit_gets_what_came_after_it(repository: DatasetRepository) -> None:
    new, old = repository.commits(repository.head())
    arguments = f"want {new.id.decode()}", f"have {old.id.decode()}"
    answer = answers.answer(repository, request_body("fetch", *arguments))
    assert texts(answer[: answer.index(b"000dpackfile")]) == [
        "acknowledgments",
        f"ACK {old.id.decode()}",
        "ready",
        "0001",
    ]
    sent = objects_in(pack_in(answer))
    assert blobs(FEW).items() <= sent.items()
    assert len(sent) == len({"commit", "its tree", "few", "few/b"}) + len(FEW)
    assert sent == fetch(repository, *arguments, "done")


def test_an_unknown_commit_is_not_common(repository: DatasetRepository) -> None:
    head = repository.head().id.decode()
    answer = answers.answer(repository, request_body("fetch", f"want {head}", f"have {'1' * 40}"))
    assert texts(answer) == ["acknowledgments", "NAK", "0000"]


def test_a_blobless_fetch_brings_no_blob_but_those_that_are_wanted(repository: DatasetRepository) -> None:
    head = repository.head()
    arguments = f"want {head.id.decode()}", "filter blob:none"
    sent = fetch(repository, *arguments, "done")
    assert not blobs(MANY | FEW).keys() & sent.keys()
    assert head.tree.decode() in sent
    (oid, *_) = blobs(FEW)
    assert fetch(repository, *arguments, f"want {oid}", "done").keys() == sent.keys() | {oid}


def test_a_tree_comes_with_all_that_it_holds(repository: DatasetRepository) -> None:
    tree = repository.entry(repository.head(), "few").oid
    assert fetch(repository, f"want {tree}", "done").keys() == {
        tree,
        repository.entry(repository.head(), "few/b").oid,
        *blobs(FEW),
    }


def test_an_object_that_is_not_there_is_refused_whatever_else_is_wanted(repository: DatasetRepository) -> None:
    (oid, *_) = blobs(FEW)
    answer = answers.answer(repository, wants([oid, "1" * 40]))
    assert texts(answer) == [f"ERR upload-pack: not our ref {'1' * 40}"]


@pytest.mark.parametrize(
    ("body", "refusal"),
    [
        (b"", "no command requested"),
        (b"0000", "no command requested"),
        (b"0014command=ls-refs\n" * 2, "no command requested"),
        (b"00xx", "protocol error: bad line length character: b'00xx'"),
        (b"0003", "protocol error: bad line length b'0003'"),
        (b"0014command=fetch", "protocol error: the last line is cut short"),
        (request_body("object-info", "size"), "invalid command 'object-info'"),
        (request_body("fetch", "want 123", "done"), "protocol error, expected to get object ID, not 'want 123'"),
        (request_body("fetch", "filter tree:0", "done"), "unexpected line: 'filter tree:0'"),
        (request_body("fetch", "deepen-since 1", "done"), "unexpected line: 'deepen-since 1'"),
    ],
)
def test_what_is_not_understood_is_refused(repository: DatasetRepository, body: bytes, refusal: str) -> None:
    assert texts(answers.answer(repository, body)) == [f"ERR {refusal}"]


def test_refs_are_listed_as_they_are_asked_for(repository: DatasetRepository) -> None:
    sha = repository.head().id.decode()

    def listed(*arguments: str) -> list[str]:
        return texts(answers.answer(repository, request_body("ls-refs", *arguments)))

    head, main = f"{sha} HEAD", f"{sha} refs/heads/main"
    assert listed() == [head, main, "0000"]
    assert listed("peel", "symrefs") == [f"{head} symref-target:refs/heads/main", main, "0000"]
    assert listed("ref-prefix refs/heads/") == [main, "0000"]
    assert listed("ref-prefix HEAD", "ref-prefix refs/tags/") == [head, "0000"]
    assert listed("ref-prefix refs/tags/") == ["0000"]


def test_refs_follow_the_folder(repository: DatasetRepository) -> None:
    before = texts(answers.answer(repository, request_body("ls-refs")))
    (repository.folder / "m" / "0.json").write_bytes(b"[changed]")
    assert texts(answers.answer(repository, request_body("ls-refs"))) != before


def test_the_newest_commits_come_alone_where_no_more_is_asked_for(repository: DatasetRepository) -> None:
    new, old = repository.commits(repository.head())
    answer = answers.answer(repository, request_body("fetch", f"want {new.id.decode()}", "deepen 1", "done"))
    assert texts(answer[: answer.index(b"000dpackfile")]) == ["shallow-info", f"shallow {new.id.decode()}", "0001"]
    sent = objects_in(pack_in(answer))
    assert new.id.decode() in sent
    assert old.id.decode() not in sent
    ends = f"shallow {new.id.decode()}", f"have {new.id.decode()}", "deepen 2147483647", "done"
    answer = answers.answer(repository, request_body("fetch", f"want {new.id.decode()}", *ends))
    assert texts(answer[: answer.index(b"000dpackfile")]) == ["shallow-info", f"unshallow {new.id.decode()}", "0001"]
    rest = objects_in(pack_in(answer))
    assert old.id.decode() in rest
    assert new.id.decode() not in rest


def test_the_first_commit_is_no_end_though_the_depth_is_reached(repository: DatasetRepository) -> None:
    head = repository.head().id.decode()
    answer = answers.answer(repository, request_body("fetch", f"want {head}", "deepen 2", "done"))
    assert texts(answer[: answer.index(b"000dpackfile")]) == ["shallow-info", "0001"]


@pytest.mark.parametrize(("capability", "kind"), [("ofs-delta", OFS_DELTA), ("no-progress", REF_DELTA)])
def test_a_delta_names_its_base_by_its_place_where_the_client_reads_that(
    repository: DatasetRepository, capability: str, kind: int
) -> None:
    bodies = [b"first " * 1000, b"first " * 1000 + b"second"]
    with Repo(str(repository.folder.parents[1] / STATE / f"{REPO}.git")) as git:
        add_pack(git, [whole(bodies[0]), delta(*bodies)])
    oids = [Blob.from_string(body).id.decode() for body in bodies]
    arguments = [capability, *(f"want {oid}" for oid in oids), "done"]
    pack = pack_in(answers.answer(repository, request_body("fetch", *arguments)))
    assert objects_in(pack) == dict(zip(oids, bodies, strict=True))
    assert kinds_in(pack) == [Blob.type_num, kind]


def test_the_kinds_of_objects_are_those_of_git() -> None:
    assert (Commit.type_num, Tree.type_num, Blob.type_num) == (1, 2, 3)
