"""Commands ask the Hub that the running deployment asks, each by what it takes of its settings."""

from pathlib import Path
from typing import Any

import pytest
from arcwatch.clients import running
from arcwatch.doctor.hub_checks import HubSettings
from ingester.settings import Settings as IngesterSettings
from watcher.settings import Settings as WatcherSettings

HUB = {"HF_ENDPOINT": "http://127.0.0.1:8400", "HF_DATASETS": "a/arc_agi_v2_public_eval", "HF_TRANSPORT": "pack"}


def test_each_command_takes_what_is_its_own_of_the_deployments_settings(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(running, "running", lambda _: {"hub": HUB})
    shared: dict[str, Any] = dict(running.hub_settings(tmp_path))
    watcher = WatcherSettings(**shared)
    assert (watcher.endpoint, watcher.hf_datasets) == (HUB["HF_ENDPOINT"], (HUB["HF_DATASETS"],))
    for of in (HubSettings, IngesterSettings):
        own: dict[str, Any] = dict(running.hub_settings(tmp_path, of))
        assert of(**own).hf_transport == "pack"
