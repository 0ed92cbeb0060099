"""Objects have the names that git gives them: `git hash-object -t KIND`, by sha1 or sha256."""

import pytest
from common.git.oids import oid_of


@pytest.mark.parametrize(
    ("kind", "body", "digits", "oid"),
    [
        (b"blob", b"", 40, "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"),
        (b"blob", b"one", 40, "43dd47ea691c90a5fa7827892c70241913351963"),
        (b"tree", b"", 40, "4b825dc642cb6eb9a060e54bf8d69288fbee4904"),
        (b"blob", b"", 64, "473a0f4c3be8a93681a267e3b1e9a7dcda1185436fe141f7749120a303721813"),
    ],
)
def test_an_object_has_the_name_that_git_gives_it(kind: bytes, body: bytes, digits: int, oid: str) -> None:
    assert oid_of(kind, body, digits) == oid_of(kind, bytearray(body), digits) == oid


def test_names_have_40_digits_where_nothing_else_is_said() -> None:
    assert oid_of(b"blob", b"") == "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"
