"""A comparison puts every folder where it belongs, and what it says is all that differs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from watcher.compare import Difference, Known, compare


def only(**found: object) -> Difference:
    nothing: dict[str, object] = dict.fromkeys(
        ("new", "changed", "incomplete", "returned", "vanished", "unchanged"), ()
    )
    return Difference(**{**nothing, "renamed": {}, **found})  # type: ignore[arg-type] # the names above


@pytest.mark.parametrize(
    ("listed", "known", "found"),
    [
        ({}, {}, only()),
        ({"a": "1"}, {}, only(new=("a",))),
        ({"a": "1"}, {"a": Known("1")}, only(unchanged=("a",))),
        ({"a": "2"}, {"a": Known("1")}, only(changed=("a",))),
        ({}, {"a": Known("1")}, only(vanished=("a",))),
        ({}, {"a": Known("1", removed=True)}, only()),
        ({"a": "1"}, {"a": Known("1", removed=True)}, only(returned=("a",))),
        ({"a": "2"}, {"a": Known("1", removed=True)}, only(changed=("a",))),
        ({"a": "1"}, {"a": Known("1", complete=False)}, only(incomplete=("a",))),
        ({"a": "1"}, {"a": Known("1", complete=False, removed=True)}, only(incomplete=("a",))),
        ({"b": "1"}, {"a": Known("1")}, only(renamed={"b": "a"}, vanished=("a",))),
        ({"b": "1"}, {"a": Known("1", removed=True)}, only(renamed={"b": "a"})),
        ({"b": "1", "a": "1"}, {"a": Known("1")}, only(new=("b",), unchanged=("a",))),
        ({"b": "1", "c": "1"}, {"a": Known("1")}, only(renamed={"b": "a"}, new=("c",), vanished=("a",))),
        ({"c": "1"}, {"a": Known("1"), "b": Known("1")}, only(renamed={"c": "a"}, vanished=("a", "b"))),
        ({"a": "2", "b": "1"}, {"a": Known("1")}, only(changed=("a",), new=("b",))),
        ({"a": "2", "b": "1"}, {"a": Known("1"), "b": Known("2")}, only(changed=("a", "b"))),
    ],
    ids=[
        "nothing",
        "new",
        "unchanged",
        "changed",
        "vanished",
        "gone-for-long",
        "returned",
        "returned-with-other-content",
        "incomplete",
        "incomplete-and-returned",
        "renamed",
        "renamed-after-it-was-seen-gone",
        "copied",
        "one-old-name-for-two",
        "two-old-names-for-one",
        "content-moved-on-to-another",
        "contents-swapped",
    ],
)
def test_each_case(listed: dict[str, str], known: dict[str, Known], found: Difference) -> None:
    assert compare(listed, known) == found


def test_a_folder_without_tasks_is_new_again_only_with_another_content() -> None:
    seen = {("a", "1"), ("b", "1")}
    assert compare({"a": "1"}, {}, seen) == only(without_tasks=("a",))
    assert compare({"a": "2"}, {}, seen) == only(new=("a",))
    assert compare({"c": "1"}, {}, seen) == only(new=("c",))
    assert compare({}, {}, seen) == only()
    assert compare({"a": "1", "b": "2"}, {"a": Known("1"), "b": Known("1")}, seen) == only(
        unchanged=("a",), changed=("b",)
    )


NAMES = st.sampled_from("abcdef")
OIDS = st.sampled_from("12345")
KNOWN = st.dictionaries(NAMES, st.builds(Known, OIDS, st.booleans(), st.booleans()))


@given(st.dictionaries(NAMES, OIDS), KNOWN)
def test_every_listed_folder_is_in_exactly_one_place(listed: dict[str, str], known: dict[str, Known]) -> None:
    found = compare(listed, known)
    places = (*found.new, *found.changed, *found.incomplete, *found.returned, *found.renamed, *found.unchanged)
    assert sorted(places) == sorted(listed)
    assert len(set(found.renamed.values())) == len(found.renamed)
    assert not set(found.vanished) & listed.keys()


@given(st.dictionaries(NAMES, OIDS), KNOWN)
def test_acting_on_a_difference_leaves_none(listed: dict[str, str], known: dict[str, Known]) -> None:
    found = compare(listed, known)
    after = dict(known)
    for name in found.to_ingest:
        after.pop(found.renamed.get(name, name), None)
        after[name] = Known(listed[name])
    for name in found.returned:
        after[name] = Known(listed[name])
    for name in found.vanished:
        if name in after:
            after[name] = Known(after[name].tree_oid, removed=True)
    assert compare(listed, after).is_empty


@given(st.dictionaries(NAMES, OIDS), KNOWN)
def test_nothing_to_do_means_that_both_are_equal(listed: dict[str, str], known: dict[str, Known]) -> None:
    current = {name: model.tree_oid for name, model in known.items() if not model.removed and model.complete}
    incomplete = any(not model.complete and name in listed for name, model in known.items())
    assert compare(listed, known).is_empty == (not incomplete and current == listed) or any(
        not model.complete and not model.removed and name not in listed for name, model in known.items()
    )
