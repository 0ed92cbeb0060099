"""Whatever the local Hub refuses, the official client raises the exception that the real Hub would cause."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from huggingface_hub import HfApi, hf_hub_download
from huggingface_hub.errors import (
    EntryNotFoundError,
    GatedRepoError,
    HfHubHTTPError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)

from tests.support.hub import TestHub

OPEN, PRIVATE, GATED = "arcprize/open", "arcprize/private", "arcprize/gated"
TOKEN = "hf_right"
ask = asyncio.to_thread


@pytest.fixture
async def guarded(tmp_path: Path) -> AsyncIterator[TestHub]:
    async with TestHub(tmp_path / "hub", token=TOKEN, private=[PRIVATE], gated=[GATED]) as hub:
        for repo in (OPEN, PRIVATE, GATED):
            hub.commit(repo, {"model/1.json": b"[]"})
        yield hub


def client(hub: TestHub, token: str | None = None) -> HfApi:
    return HfApi(endpoint=hub.url, token=token or False)


def listed(api: HfApi, repo: str, path: str | None = None, revision: str | None = None) -> list[str]:
    return [entry.path for entry in api.list_repo_tree(repo, path, revision=revision, repo_type="dataset")]


@pytest.mark.parametrize(("token", "status"), [(None, 401), (TOKEN, 404)])
async def test_a_missing_dataset_is_401_for_strangers_and_404_for_accounts(
    guarded: TestHub, token: str | None, status: int
) -> None:
    with pytest.raises(RepositoryNotFoundError) as refused:
        await ask(listed, client(guarded, token), "arcprize/missing")
    assert refused.value.response.status_code == status


async def test_a_private_dataset_looks_missing_to_strangers(guarded: TestHub) -> None:
    with pytest.raises(RepositoryNotFoundError) as refused:
        await ask(client(guarded).dataset_info, PRIVATE)
    assert refused.value.response.status_code == 401
    assert (await ask(client(guarded, TOKEN).dataset_info, PRIVATE)).private is True


async def test_a_gated_dataset_shows_its_card_but_not_its_content(guarded: TestHub) -> None:
    stranger = client(guarded)
    assert (await ask(stranger.dataset_info, GATED, expand=["gated"])).gated == "manual"
    with pytest.raises(GatedRepoError) as refused:
        await ask(listed, stranger, GATED)
    assert refused.value.response.status_code == 403
    assert await ask(listed, client(guarded, TOKEN), GATED) == ["model"]


async def test_a_wrong_token_is_refused_even_for_open_datasets(guarded: TestHub) -> None:
    assert await ask(listed, client(guarded), OPEN) == ["model"]
    with pytest.raises(HfHubHTTPError, match="Invalid credentials"):
        await ask(listed, client(guarded, "hf_wrong"), OPEN)


async def test_unknown_revisions_and_entries_have_their_own_errors(guarded: TestHub, tmp_path: Path) -> None:
    api = client(guarded)
    with pytest.raises(RevisionNotFoundError):
        await ask(listed, api, OPEN, None, "0" * 40)
    with pytest.raises(RevisionNotFoundError):
        await ask(listed, api, OPEN, None, "no-such-branch")
    with pytest.raises(EntryNotFoundError):
        await ask(listed, api, OPEN, "missing")
    with pytest.raises(EntryNotFoundError):
        await ask(listed, api, OPEN, "model/1.json")
    options = {"repo_type": "dataset", "endpoint": guarded.url, "cache_dir": tmp_path / "cache", "token": False}
    for path in ("model/2.json", "model", "missing/1.json"):
        with pytest.raises(EntryNotFoundError):
            await ask(hf_hub_download, OPEN, path, **options)  # type: ignore[arg-type]  # keywords


async def test_a_dataset_whose_folder_vanishes_is_missing_until_it_is_back(guarded: TestHub) -> None:
    folder = guarded.datasets.root / OPEN
    folder.rename(folder.with_name("elsewhere"))
    with pytest.raises(RepositoryNotFoundError):
        await ask(listed, client(guarded), OPEN)
    folder.with_name("elsewhere").rename(folder)
    assert await ask(listed, client(guarded), OPEN) == ["model"]


async def test_private_datasets_are_listed_only_for_accounts(guarded: TestHub) -> None:
    def names(api: HfApi) -> set[str]:
        return {dataset.id for dataset in api.list_datasets(author="arcprize")}

    assert await ask(names, client(guarded)) == {OPEN, GATED}
    assert await ask(names, client(guarded, TOKEN)) == {OPEN, PRIVATE, GATED}


def test_private_datasets_without_a_token_are_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="need a token"):
        TestHub(tmp_path, private=[PRIVATE])
