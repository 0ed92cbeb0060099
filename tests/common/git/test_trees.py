"""A listing counts as a folder only where git itself would give it that name. The oids are real git's (2.39)."""

from dataclasses import replace

import pytest
from common.git import trees
from common.git.trees import Entry, is_tree
from dulwich.objects import Blob, ObjectID, Tree
from hypothesis import given
from hypothesis import strategies as st
from localhub.repositories.worktree import FILE_MODE, FOLDER_MODE

ONE = "bace2a0be1726eefc636c304f3af9621039df6fa"
TWO = "5d50c80c0683433cb3a59f5c04725412fcb5b76c"
THREE = "810c539bc71873d023c04212b53a0b3ad91f6814"
SCRIPT = "7a6e2fdcad05f37bd071608f34a041a8d6552348"

# As `git ls-tree -r -t -l HEAD` shows them, without the modes.
PLAIN = [
    Entry("plain/1.json", ONE, 3),
    Entry("plain/2.json", TWO, 3),
    Entry("plain/README.md", "c1b0730e0133447badcfd47fd144e254807b06e1", 1),
]
NESTED = [
    Entry("nested/1.json", ONE, 3),
    Entry("nested/deep-z", "fa7af8bf5fdd704f73beb3adc5612682a98e1af5", 1),
    Entry("nested/deep.d", "f2f6263dc2adf178129e6a037d56f4fa2fcac1e0"),
    Entry("nested/deep.d/x", "c59d9b6344f1af00e504ba698129f07a34bbed8d", 1),
    Entry("nested/deep", "070c0f0ecc59afb9342626408ff10e5cfc45a93c"),
    Entry("nested/deep/2.json", TWO, 3),
    Entry("nested/deep/er", "940ca0cb66948ef6495a714d367c8325ee9a6822"),
    Entry("nested/deep/er/3.json", THREE, 3),
    Entry("nested/deep0", "e25f1814e51579d5f55c0f1fe0135ddb28a47f4a", 1),
]
ALL_EXECUTABLE = [Entry("exec/1.json", ONE, 3), Entry("exec/2.json", TWO, 3)]
ONE_EXECUTABLE = [
    Entry("modes/1.json", ONE, 3),
    Entry("modes/2.json", TWO, 3),
    Entry("modes/run.sh", SCRIPT, 2),
]
SCRIPTS_EXECUTABLE = [
    Entry("two/1.json", ONE, 3),
    Entry("two/3.json", THREE, 3),
    Entry("two/a.sh", SCRIPT, 2),
    Entry("two/b.sh", "1b6ba716fe94b54daa7ae7f97a37241d4fca4751", 2),
]
LINK = [Entry("link/1.json", ONE, 3), Entry("link/latest.json", "a3d3d4c1028298a4ee575d2ed34fd048030f17a2", 6)]
ODD_NAMES = [
    Entry("odd/Z", "e440e5c842586965a7fb77deda2eca68612b1f53", 1),
    Entry("odd/a b.json", TWO, 3),
    Entry("odd/ü ö.json", ONE, 3),
]
SHA256 = [
    Entry("m/1.json", "0294930ddc84a52e3c74c57d0536f556f287d0a8d4829c561a7a229299b264c6", 3),
    Entry("m/d", "d3bb97ec68999f427522f3ff99ab35ba9c28bc1e94817bbcb0908bd03a490869"),
    Entry("m/d/2.json", "5fe34a66e3e4669f40df1fe76b8651adfa77a3b722a78ddd2793707101ec51b5", 3),
]
TREES = [
    ("cf420cbd9fe2c87149d683532780352fe6776126", PLAIN),
    ("3a5a8905128c83ff0218e6101a863d6bc9eca423", NESTED),
    ("f8848ab51ea90b1846bca7f1fb1a09b0677e9bd2", ALL_EXECUTABLE),
    ("d35337b45e0282d5352639da9ac2f9be5074c22c", ONE_EXECUTABLE),
    ("18e0a15eb94db96ba6efcf54d65aaff0fdcb7628", SCRIPTS_EXECUTABLE),
    ("bf0c463042327504070d9b35d0a490398b0f7307", LINK),
    ("b84c336b3e1875fe247ca44bb4a9b6a21ebf8a2d", ODD_NAMES),
    ("298465323b7d795a544bf93d9dceb0e47ed29fbc331422eb30e809be8a3443f4", SHA256),
]
NAMES = [entries[0].path.partition("/")[0] for _, entries in TREES]


@pytest.mark.parametrize(("oid", "entries"), TREES, ids=NAMES)
def test_the_whole_listing_is_the_tree_in_any_order_and_a_part_of_it_is_not(oid: str, entries: list[Entry]) -> None:
    folder = entries[0].path.partition("/")[0]
    assert is_tree(oid, folder, entries)
    assert is_tree(oid, folder, entries[::-1])
    for place, missing in enumerate(entries):
        assert not is_tree(oid, folder, entries[:place] + entries[place + 1 :]), f"without {missing.path}"
    assert not is_tree(oid, folder, [])


@pytest.mark.parametrize(("oid", "entries"), TREES, ids=NAMES)
def test_another_content_name_or_place_is_not_the_tree(oid: str, entries: list[Entry]) -> None:
    folder = entries[0].path.partition("/")[0]
    for place, entry in enumerate(entries):
        before, after = entries[:place], entries[place + 1 :]
        other = "0" * len(entry.oid)
        for wrong in (
            Entry(entry.path, other, entry.size),
            Entry(f"{entry.path}x", entry.oid, entry.size),
            Entry(f"{folder}/new/{entry.path.rpartition('/')[2]}", entry.oid, entry.size),
            Entry(entry.path, "no hex", entry.size),
            Entry(f"{folder}/\ud800", entry.oid, entry.size),
        ):
            assert not is_tree(oid, folder, [*before, wrong, *after])
        assert not is_tree(oid, folder, [*entries, entry]), "twice"
        assert not is_tree(oid, folder, [*entries, Entry(f"{folder}/more.json", ONE, 3)])
    assert not is_tree("0" * len(oid), folder, entries)


def test_the_empty_tree_is_no_folder() -> None:
    assert not is_tree("4b825dc642cb6eb9a060e54bf8d69288fbee4904", "m", [])


def test_a_large_folder_that_fits_in_no_way_is_refused_soon() -> None:
    entries = [Entry(f"m/{number}.json", ONE, 3) for number in range(20_000)]
    assert not is_tree("0" * 40, "m", entries)


@pytest.mark.parametrize(("size", "tried"), [(0, False), (1, True), (4096, True), (4097, False)])
def test_only_what_is_as_short_as_a_path_may_be_a_link(size: int, *, tried: bool) -> None:
    oid = next(oid for oid, entries in TREES if entries is LINK)
    assert is_tree(oid, "link", [LINK[0], replace(LINK[1], size=size)]) is tried


def test_an_entry_without_a_size_is_a_folder() -> None:
    assert Entry("m/d", ONE).size is None


def tree_of(*entries: tuple[bytes, int, str]) -> str:
    """Return dulwich's name of a tree."""
    tree = Tree()
    for name, mode, oid in entries:
        tree.add(name, mode, ObjectID(oid.encode()))
    return tree.id.decode()


def test_a_name_that_is_no_utf_8_is_taken_byte_for_byte() -> None:
    oid = tree_of((b"\xff.json", FILE_MODE, ONE), (b"z.json", FILE_MODE, TWO))
    assert is_tree(oid, "m", [Entry("m/\udcff.json", ONE, 3), Entry("m/z.json", TWO, 3)])


def test_three_likely_choices_are_tried_of_the_largest_folder_and_more_as_far_as_bytes_go(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    names = {"first": "a.sh", "second": "z.sh"}
    found = []
    entry_bytes = len("1.json") + 64 + len("a.sh") + 64
    for budget in (1, 4 * entry_bytes - 1, 4 * entry_bytes):
        monkeypatch.setattr(trees, "_BYTES_TO_HASH", budget)
        for script in names.values():
            oid = tree_of((b"m.json", FILE_MODE, ONE), (script.encode(), 0o100755, SCRIPT))
            found.append(is_tree(oid, "m", [Entry("m/m.json", ONE, 3), Entry(f"m/{script}", SCRIPT, 2)]))
    assert found == [True, False, True, False, True, True]


FOLDERS = st.recursive(
    st.binary(max_size=3),
    lambda inner: st.dictionaries(
        st.text("ab-.0é", min_size=1, max_size=3).filter(lambda name: name.strip(".")), inner, min_size=1
    ),
    max_leaves=12,
).filter(lambda found: isinstance(found, dict))


def written(folder: dict[str, object], path: str, listed: list[Entry]) -> str:
    """Write a folder with dulwich, and list it."""
    tree = Tree()
    for name, content in folder.items():
        inside = f"{path}/{name}"
        if isinstance(content, dict):
            oid, mode, size = written(content, inside, listed), FOLDER_MODE, None
        else:
            assert isinstance(content, bytes)
            oid, mode, size = Blob.from_string(content).id.decode(), FILE_MODE, len(content)
        tree.add(name.encode(), mode, ObjectID(oid.encode()))
        listed.append(Entry(inside, oid, size))
    return tree.id.decode()


@given(FOLDERS)
def test_what_another_implementation_of_git_writes_is_the_tree(folder: dict[str, object]) -> None:
    listed: list[Entry] = []
    oid = written(folder, "m", listed)
    assert is_tree(oid, "m", listed)
