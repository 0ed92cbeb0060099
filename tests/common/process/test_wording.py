"""Promise: what is wrong with a value is said in words for who wrote it, and never shows the value."""

import json
import re
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from common.process import wording
from common.process.wording import in_words
from pydantic import AfterValidator, AnyHttpUrl, AwareDatetime, BaseModel, Field, ValidationError

OPENAPI = Path(__file__).parents[3] / "services/query-api/openapi.json"
# How the validator speaks, and what it calls things.
ITS_OWN = re.compile(r"Input should|String should|Value error|valid (string|integer|URL)|unable to|Field required|\^")


def _no_odd(value: int) -> int:
    if value % 2:
        raise ValueError("odd numbers are not read")
    return value


class Part(BaseModel, extra="forbid"):
    n: int = 0


class Whole(BaseModel):
    flag: bool = False
    count: Annotated[int, Field(ge=1, le=500)] = 1
    share: Annotated[float, Field(gt=0, lt=1, allow_inf_nan=False)] = 0.5
    kind: Literal["model", "system"] = "model"
    url: AnyHttpUrl | None = None
    dataset: Annotated[str, Field(pattern=r"^[\w.-]+/[\w.-]+$", max_length=20)] = "a/b"
    name: Annotated[str, Field(min_length=1)] = "x"
    day: date | None = None
    at: datetime | None = None
    aware: AwareDatetime | None = None
    part: Part | None = None
    names: tuple[str, ...] = ()
    even: Annotated[int, AfterValidator(_no_odd)] = 0
    odd: Annotated[str, Field(pattern="^z+$")] = "z"


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("flag", "maybe", "must be true or false"),
        ("count", "x", "must be a whole number"),
        ("count", "9" * 5000, "must be a whole number"),
        ("count", 1.5, "must be a whole number"),
        ("count", 0, "must be at least 1"),
        ("count", 501, "must be at most 500"),
        ("share", "x", "must be a number"),
        ("share", "nan", "must be a number"),
        ("share", 0, "must be more than 0"),
        ("share", 1, "must be less than 1"),
        ("kind", "odd", "must be 'model' or 'system'"),
        ("url", "foo", "is not a URL, such as https://example.org"),
        ("url", "ftp://foo", "must be a URL that begins with 'http' or 'https'"),
        ("dataset", "nope", "must be a dataset of the form owner/name, such as arcprize/arc_agi_v2_public_eval"),
        ("dataset", "a/" + "b" * 30, "must have 20 characters at most"),
        ("name", "", "must not be empty"),
        ("name", 1, "must be text"),
        ("day", "2026-13-45", "is not a date, such as 2026-11-28"),
        ("at", "yesterday", "is not a time, such as 2026-11-28T08:05:00Z"),
        ("aware", "2026-11-23T00:00:00", "must say its time zone: 2026-11-28T08:05:00Z"),
        ("part", "x", "must be a JSON object"),
        ("part", {"n": 1, "more": 2}, "is not known here"),
        ("names", "x", "must be a list"),
        ("even", 3, "odd numbers are not read"),
        ("odd", "a", "is not written as it must be"),
    ],
)
def test_what_is_wrong_is_said_in_words(field: str, value: Any, words: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Whole.model_validate({field: value})
    said = in_words(caught.value.errors()[0])
    assert said == words
    assert not ITS_OWN.search(said)


def test_every_pattern_of_the_api_has_words() -> None:
    text = json.dumps(json.loads(OPENAPI.read_text())["paths"])
    patterns = {json.loads(f'"{found}"') for found in re.findall(r'"pattern": "((?:[^"\\]|\\.)+)"', text)}
    assert patterns
    assert patterns - wording._FORMS.keys() == set()
