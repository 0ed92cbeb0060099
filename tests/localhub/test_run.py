"""`arcwatch hub DIR` says in one line where it serves what, or why it cannot start."""

import asyncio
from pathlib import Path

import pytest
from huggingface_hub import HfApi
from localhub import HubStartError, LocalHub, run_hub


async def test_it_says_the_url_and_the_datasets_and_serves_until_cancelled(tmp_path: Path) -> None:
    (tmp_path / "arcprize" / "evals" / "model").mkdir(parents=True)
    (tmp_path / "arcprize" / "evals" / "model" / "1.json").write_bytes(b"[]")
    lines: asyncio.Queue[str] = asyncio.Queue()
    task = asyncio.create_task(run_hub(tmp_path, say=lines.put_nowait))
    async with asyncio.timeout(10):
        line = await lines.get()
    assert "arcprize/evals" in line
    url = next(word for word in line.split() if word.startswith("http"))
    info = await asyncio.to_thread(HfApi(endpoint=url, token=False).dataset_info, "arcprize/evals")
    assert [file.rfilename for file in info.siblings or []] == ["model/1.json"]
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert lines.empty()


async def test_a_missing_directory_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(HubStartError, match="is not a directory"):
        await run_hub(tmp_path / "missing")


async def test_a_busy_port_is_a_clear_error(hub: LocalHub, tmp_path: Path) -> None:
    port = int(hub.url.rpartition(":")[2])
    with pytest.raises(HubStartError, match=f"Port {port} .* is in use: choose another with --port"):
        await run_hub(tmp_path, port)


async def test_it_listens_where_it_was_told_to_and_says_so(tmp_path: Path) -> None:
    lines: asyncio.Queue[str] = asyncio.Queue()
    task = asyncio.create_task(run_hub(tmp_path, host="127.0.0.2", say=lines.put_nowait))
    async with asyncio.timeout(10):
        assert "http://127.0.0.2:" in await lines.get()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_an_address_of_another_machine_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(HubStartError, match=r"192\.0\.2\.1 is no address of this machine: choose another with --host"):
        await run_hub(tmp_path, host="192.0.2.1")
