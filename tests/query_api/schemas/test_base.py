"""Shapes on the wire: camelCase both ways, nothing unknown, nothing that changes, and no NaN."""

import json
import math

import pytest
from pydantic import ValidationError
from query_api.schemas.base import Answer, ApiModel, Body, Cached, Query


class Whole(ApiModel):
    tasks_total: int = 0
    score: float = 0.0


class Given(Body):
    tasks_total: int


def test_names_are_camel_case_in_and_out() -> None:
    assert json.loads(Whole(tasks_total=1).model_dump_json()) == {"tasksTotal": 1, "score": 0.0}
    assert Whole.model_validate({"tasksTotal": 2}).tasks_total == 2


def test_what_is_no_number_is_null() -> None:
    assert json.loads(Whole(score=math.nan).model_dump_json())["score"] is None


def test_what_is_not_known_is_refused() -> None:
    with pytest.raises(ValidationError, match="Extra inputs are not permitted"):
        Whole.model_validate({"unknown": 1})


def test_a_value_stays_as_it_was_made() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        Whole().score = 1.0  # type: ignore[misc] # that is what is refused


def test_a_query_is_converted_and_a_body_is_not() -> None:
    class Paged(Query):
        tasks_total: int

    assert Paged.model_validate({"tasksTotal": "1"}).tasks_total == 1
    with pytest.raises(ValidationError, match="valid integer"):
        Given.model_validate({"tasksTotal": "1"})
    with pytest.raises(ValidationError, match="Extra inputs are not permitted"):
        Given.model_validate({"tasksTotal": 1, "unknown": 1})


def test_an_answer_says_that_it_worked_and_by_default_that_it_is_fresh() -> None:
    assert json.loads(Answer().model_dump_json()) == {"success": True}
    assert json.loads(Cached().model_dump_json()) == {"success": True, "stale": False, "asOf": None}
