"""Rules are numbered without a gap, and the last ones hold."""

from common.arc.rules import RULES, RULES_VERSION


def test_every_version_of_the_rules_says_what_it_brought() -> None:
    assert list(RULES) == list(range(1, RULES_VERSION + 1))
    assert all(RULES.values())
