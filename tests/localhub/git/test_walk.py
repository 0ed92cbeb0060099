"""A client that fetches has all that it wanted afterwards, and gets little that it had."""

import tempfile
from collections.abc import Collection
from pathlib import Path

from dulwich.objects import Blob, Commit, ObjectID, Tree
from hypothesis import given, settings
from hypothesis import strategies as st
from localhub.git.commands import FetchArguments
from localhub.git.walk import Walk
from localhub.repositories.repository import DatasetRepository

from tests.support.hub import TestHub
from tests.support.hub.asked import REPO

PATHS = st.sampled_from(["a", "b", "m/a", "m/b", "m/n/a"])
CHANGES = st.dictionaries(PATHS, st.sampled_from([b"0", b"1"]), min_size=1)
# Of a history that is squashed now and then; what was before is another line of commits.
HISTORIES = st.lists(st.one_of(CHANGES, st.just("squash")), min_size=1, max_size=8)


def repository_of(folder: Path, history: list[dict[str, bytes] | str]) -> tuple[DatasetRepository, list[ObjectID]]:
    """Make a repository; return the commits that were ever its head."""
    hub = TestHub(folder)
    repository, heads = hub.datasets.create(REPO), []
    for number, change in enumerate(history):
        commit = (
            repository.commit({**change, "number": b"%d" % number}) if isinstance(change, dict) else repository.squash()
        )
        heads.append(commit.id)
    return repository, heads


def reached(repository: DatasetRepository, oids: Collection[ObjectID]) -> set[ObjectID]:
    """Return all that a client has who has these objects."""
    found: set[ObjectID] = set()
    waiting = list(oids)
    while waiting:
        oid = waiting.pop()
        if oid in found:
            continue
        found.add(oid)
        match repository.get_object(oid):
            case Commit() as commit:
                waiting += [commit.tree, *commit.parents]
            case Tree() as tree:
                waiting += [entry.sha for entry in tree.items() if entry.sha]
    return found


@settings(max_examples=15, deadline=None)
@given(history=HISTORIES, without_blobs=st.booleans(), data=st.data())
def test_what_comes_completes_what_is_there(
    history: list[dict[str, bytes] | str], data: st.DataObject, *, without_blobs: bool
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        repository, heads = repository_of(Path(folder), history)
        wanted = data.draw(st.sampled_from(heads))
        there = data.draw(st.lists(st.sampled_from(heads), unique=True))
        fetch = FetchArguments({wanted: None}, dict.fromkeys(there), without_blobs=without_blobs)
        sent = Walk(repository, fetch).select().oids.keys()
        had, needed = reached(repository, there), reached(repository, [wanted])
        blobs = {oid for oid in needed if isinstance(repository.get_object(oid), Blob)}
        assert needed - had - (blobs if without_blobs else set()) <= sent <= needed
        assert not (without_blobs and blobs & sent)
        assert not any(isinstance(repository.get_object(oid), Commit) for oid in sent & had)
        repository.close()


def test_after_a_squash_the_commit_alone_comes(tmp_path: Path) -> None:
    repository, (_, before, squashed) = repository_of(tmp_path, [{"a": b"0"}, {"m/a": b"1"}, "squash"])
    fetch = FetchArguments({squashed: None}, {before: None})
    assert Walk(repository, fetch).select().oids.keys() == {squashed}


def test_what_a_shallow_client_left_out_does_not_come(tmp_path: Path) -> None:
    repository, (first, second, third) = repository_of(tmp_path, [{"a": b"0"}, {"a": b"1"}, {"b": b"0"}])
    fetch = FetchArguments({third: None}, {second: None}, shallow={second})
    assert not {first, second} & Walk(repository, fetch).select().oids.keys()
    again = FetchArguments({third: None}, shallow={second})
    assert Walk(repository, again).select().oids.keys() >= {second, third}
    assert first not in Walk(repository, again).select().oids
