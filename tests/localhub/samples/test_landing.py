"""Samples are there when a demo starts, more land one by one, and some of them change later."""

import asyncio
from pathlib import Path

from localhub.samples.landing import ARC1, ARC2, INITIAL, LATER, Landing, land_samples, put_initial_samples

from tests.support.hub import TestHub

TWICE = "baseline-ensemble-1-thinking-low"
ARC1_ONLY = [landing for landing in LATER[:5] if landing.dataset == ARC1]


def test_the_first_samples_are_there_at_once_with_dates_in_the_past(tmp_path: Path) -> None:
    hub = TestHub(tmp_path)
    put_initial_samples(hub)
    assert hub.datasets.names() == [ARC1, ARC2]
    repository = hub.datasets.create(ARC1)
    commits = repository.commits(repository.head())
    folders = [landing.folder for landing in INITIAL if landing.dataset == ARC1]
    assert len(commits) == len(folders)
    assert [entry.path for entry in repository.entries(commits[0])] == sorted(folders)
    assert commits[0].commit_time > commits[-1].commit_time
    put_initial_samples(hub)
    assert hub.head(ARC1) == commits[0].id.decode()
    hub.datasets.close()


async def test_samples_land_one_by_one_and_some_change_later(tmp_path: Path) -> None:
    hub = TestHub(tmp_path)
    await asyncio.wait_for(land_samples(hub, 0.0, ARC1_ONLY), 30)
    repository = hub.datasets.create(ARC1)
    newest, _, oldest, _ = repository.commits(repository.head())
    before, after = repository.entries(oldest, TWICE), repository.entries(newest, TWICE)
    assert 0 < len(before) < len(after) == 400
    assert before[-1].oid != {entry.path: entry.oid for entry in after}[before[-1].path]
    head = hub.head(ARC1)
    await asyncio.wait_for(land_samples(hub, 0.0, ARC1_ONLY), 30)
    assert hub.head(ARC1) == head
    hub.datasets.close()


async def test_what_holds_no_file_is_passed_over(tmp_path: Path) -> None:
    hub = TestHub(tmp_path)
    nothing_sure = Landing(ARC1, "baseline-most-common-output-with-one-colour")
    assert nothing_sure in LATER
    await asyncio.wait_for(land_samples(hub, 600.0, [nothing_sure]), 30)
    assert hub.datasets.names() == []
    hub.datasets.close()
