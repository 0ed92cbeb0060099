"""A wrong setting stops the watcher with one line that names it and says what to do, and exit status 78."""

import os
import subprocess
import sys

import pytest
from common.process.settings import EX_CONFIG, load
from watcher.settings import Settings

WRONG = [
    ("HF_SYNC_SCHEDULE", "0 2 * *", "write five fields, such as '0 2 * * *'"),
    ("HF_SYNC_SCHEDULE", "0 0 30 2 *", "is no cron expression"),
    ("HF_SYNC_BLACKOUT", "22-6", "write HH:MM-HH:MM in UTC"),
    ("HF_SYNC_BLACKOUT", "00:00-12:00,12:00-00:00", "cover the whole day"),
    ("HF_DATASETS", "arc_agi_v2_public_eval", "is not a dataset name of the form owner/name"),
    ("HF_DATASETS", " , ", "name at least one dataset"),
    ("ENABLE_CRON_JOBS", "perhaps", "must be true or false"),
    ("HF_ENDPOINT", "huggingface.co", "is not a URL, such as https://example.org"),
    ("OPS_PORT", "70000", "must be at most 65535"),
]


@pytest.mark.parametrize(("name", "value", "why"), WRONG)
def test_a_wrong_value_is_one_line(
    name: str, value: str, why: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SystemExit) as caught:
        load(Settings)
    assert caught.value.code == EX_CONFIG
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert f"bad setting {name}: " in error
    assert why in error


def test_secrets_from_files_lose_their_newline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_token\n")
    monkeypatch.setenv("DATABASE_URL", "postgresql://me:secret@host/x\n")
    monkeypatch.setenv("NATS_URL", " nats://me:secret@host:4222\n")
    settings = load(Settings)
    assert settings.token == "hf_token"
    assert settings.database_url.get_secret_value() == "postgresql://me:secret@host/x"
    assert settings.nats_url.get_secret_value() == "nats://me:secret@host:4222"


@pytest.mark.parametrize("token", ["hf_a b", "hf_a\nb", "hf_a\tb", "hf_a\x07b"])
def test_a_token_that_no_header_can_carry_is_refused_and_not_shown(
    token: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HF_TOKEN", token)
    with pytest.raises(SystemExit):
        load(Settings)
    error = capsys.readouterr().err
    assert error == (
        "arcwatch: bad setting HF_TOKEN: it holds white space or control characters; give the bare secret\n"
    )


def test_the_process_itself_exits_with_78_and_one_line() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "watcher"],
        env={**os.environ, "HF_SYNC_SCHEDULE": "at noon", "HF_TOKEN": "hf_secret"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == EX_CONFIG
    assert done.stderr.count("\n") == 1
    assert "HF_SYNC_SCHEDULE" in done.stderr
    assert "hf_secret" not in done.stderr + done.stdout


def test_the_defaults_are_the_documented_ones() -> None:
    settings = Settings()
    assert settings.hf_sync_schedule == "0 2 * * *"
    assert (settings.enable_cron_jobs, settings.hf_sync_auto_ingest, settings.hf_sync_catch_up) == (True, True, True)
    assert settings.hf_sync_blackout == ()


def test_a_dataset_named_twice_is_watched_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_DATASETS", "a/b, c/d ,a/b,")
    assert Settings().hf_datasets == ("a/b", "c/d")
