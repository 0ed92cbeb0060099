"""A channel takes the news that its filters name."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from notifier.news.news import News

from tests.notifier.samples import V2, failure, landing, verification, webhook

TAKEN: list[tuple[dict[str, Any], News, bool]] = [
    ({}, landing(), True),
    ({}, failure(), True),
    ({}, verification(), True),
    ({"events": ["failure", "verification"]}, landing(), False),
    ({"events": ["failure", "verification"]}, verification(), True),
    ({"datasets": [V2]}, landing(), True),
    ({"datasets": ["arcprize/*_v1_*", "someone/*"]}, landing(), False),
    ({"datasets": ["arcprize/*_v1_*", "arcprize/*_v2_*"]}, landing(), True),
    ({"models": ["gpt-*"]}, landing("gpt-5"), True),
    ({"models": ["gpt-*"]}, failure("GPT-5"), False),
    ({"min_score": 0.5}, landing(score=0.5), True),
    ({"min_score": 0.5}, landing(score=0.499), False),
    ({"min_score": 0.5}, replace(landing(), score=None), False),
    ({"min_score": 0}, replace(landing(), score=None), True),
    ({"min_score": 0.5}, failure(), True),
    ({"min_score": 0.9}, verification(), True),
]


def test_what_others_may_see_of_it_holds_no_secret_and_no_address(tmp_path: Path) -> None:
    seen = webhook("https://user:pass@hook.example/token", secret=None, secret_file=tmp_path / "key").filters()
    assert seen == {
        "events": ["landing", "failure", "verification"],
        "datasets": [],
        "models": [],
        "min_score": None,
        "digest_seconds": 60.0,
        "digest_max_seconds": 3600.0,
    }


@pytest.mark.parametrize(("filters", "news", "taken"), TAKEN)
def test_it_takes_what_its_filters_name(filters: dict[str, Any], news: News, *, taken: bool) -> None:
    assert webhook(**filters).takes(news) == taken
