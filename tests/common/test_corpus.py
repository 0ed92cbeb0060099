"""What any release published, this one reads whole; and what this one publishes is kept for the next."""

import json
from typing import Any

import pytest
from common import events
from pydantic import BaseModel
from pydantic_core import to_jsonable_python

from tests.common.corpus.bodies import Body, bodies, read

CORPUS = read()


def found_in(read_back: Any, written: Any) -> Any:
    """Return of what was read what was written: later releases may add fields, at any depth, and publish fewer."""
    if isinstance(written, dict):
        of = vars(read_back) if isinstance(read_back, BaseModel) else read_back
        return {name: found_in(of[name], value) for name, value in written.items()}
    if isinstance(written, list):
        return [found_in(*each) for each in zip(read_back, written, strict=True)]
    return to_jsonable_python(read_back)


@pytest.mark.parametrize("kept", CORPUS, ids=lambda kept: kept.event)
def test_every_body_of_any_release_is_read_whole(kept: Body) -> None:
    model = getattr(events, kept.event)
    event = model.model_validate_json(json.dumps(kept.body))
    assert found_in(event, kept.body) == kept.body


def test_what_is_published_today_is_in_the_corpus() -> None:
    known = {each.line for each in CORPUS}
    assert [each for each in bodies(events) if each.line not in known] == [], "run `python -m tests.common.corpus`"


def test_the_corpus_holds_every_event() -> None:
    assert {each.event for each in CORPUS} == {each.event for each in bodies(events)}
    assert len({each.line for each in CORPUS}) == len(CORPUS)
