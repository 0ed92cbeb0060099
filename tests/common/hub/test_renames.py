"""A redirect tells the Hub's name of a dataset, whatever stands in front of its path; nothing else does."""

import pytest
from common.hub.renames import Renames
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs
from yarl import URL

ENDPOINTS = ["https://huggingface.co", "https://mirror.example.org/hub", "http://[::1]:8400"]
ASKS_WHERE = ["/api/datasets/a/b", "/api/datasets/a/b/tree/main", "/api/datasets/a/b/paths-info/main"]
PATHS = [*ASKS_WHERE, "/datasets/a/b/resolve/0f/m/1.json", "/datasets/a/b"]
NAMES = st.from_regex(r"[A-Za-z0-9_]{1,8}/[A-Za-z0-9_]{1,8}", fullmatch=True)


@pytest.mark.parametrize("endpoint", ENDPOINTS)
@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("relative", [True, False])
def test_a_redirect_to_the_same_of_another_name_is_a_rename(endpoint: str, path: str, *, relative: bool) -> None:
    renames = Renames(endpoint)
    asked = URL(endpoint + path)
    target = endpoint + path.replace("a/b", "new/name")
    renames.learn(asked, URL(target).raw_path if relative else target)
    assert renames.current("a/b") == "new/name"
    pinned = URL(f"{endpoint}/api/datasets/a/b/tree/0f12?recursive=true&cursor=a%3Db")
    assert renames.apply(pinned) == URL(str(pinned).replace("/a/b/", "/new/name/"), encoded=True)


@pytest.mark.parametrize("endpoint", ENDPOINTS)
@pytest.mark.parametrize(
    "location",
    [
        "https://cdn.example.org/datasets/c/d/resolve/0f/m/1.json",
        "/datasets/c/d/resolve/0f/m/2.json",
        "/api/resolve-cache/datasets/c/d/0f/m/1.json",
        "/login",
        "?download=true",
    ],
)
def test_any_other_redirect_renames_nothing(endpoint: str, location: str) -> None:
    renames = Renames(endpoint)
    prefix = URL(endpoint).raw_path.rstrip("/")
    with capture_logs() as logs:
        renames.learn(
            URL(f"{endpoint}/datasets/a/b/resolve/0f/m/1.json"), location if "//" in location else prefix + location
        )
    assert renames.current("a/b") == "a/b"
    assert logs == []


def test_where_a_dataset_is_now_is_asked_by_its_own_name() -> None:
    renames = Renames(ENDPOINTS[0])
    renames.learn(URL(ENDPOINTS[0] + PATHS[0]), "/api/datasets/new/name")
    for path in ASKS_WHERE:
        assert renames.apply(URL(ENDPOINTS[0] + path)) == URL(ENDPOINTS[0] + path)


@given(st.lists(NAMES, min_size=2, max_size=6))
def test_however_often_a_dataset_moves_its_first_name_leads_to_where_it_is(names: list[str]) -> None:
    renames = Renames(ENDPOINTS[0])
    first = names[0]
    for name in names[1:]:
        now = renames.current(first)
        renames.learn(URL(f"{ENDPOINTS[0]}/datasets/{now}/resolve/0f/x"), f"/datasets/{name}/resolve/0f/x")
        assert renames.current(first) == name
        assert renames.current(name) == name


def test_a_rename_is_told_once_with_what_to_do() -> None:
    renames = Renames(ENDPOINTS[0])
    with capture_logs() as logs:
        for _ in range(3):
            renames.learn(URL(ENDPOINTS[0] + PATHS[0]), "/api/datasets/A/b")
    (line,) = logs
    assert (line["dataset"], line["now"]) == ("a/b", "A/b")
    assert line["advice"] == "write A/b in HF_DATASETS, as the Hub does"
