"""A channel can be tried from where the notifier runs."""

import asyncio
import json
import sys
from pathlib import Path

from tests.notifier.samples import SECRET, receiver
from tests.support.deployments import clean_environment


async def tried(file: Path, name: str) -> tuple[int | None, str]:
    """Run the module as an operator does in a container; return its status and what it says."""
    environment = {**clean_environment(), "NOTIFICATIONS_FILE": str(file)}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "notifier.trial", name),
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    return process.returncode, said.decode().strip()


async def test_it_says_whether_the_channel_took_the_message(tmp_path: Path) -> None:
    file = tmp_path / "notifications.toml"
    async with receiver() as hook:
        file.write_text(
            f'[[channels]]\nname = "ops"\nkind = "webhook"\nurl = "{hook.url}"\n'
            f'secret = "{SECRET}"\nallow_private = true\n'
        )
        hook.statuses = [204, 503]
        assert await tried(file, "ops") == (0, "ops took the message")
        assert json.loads(hook.came[0][1])["type"] == "arcwatch.test"
        assert await tried(file, "ops") == (1, "arcwatch: ops did not take the message (server_error): it answers 503")
    status, said = await tried(file, "opps")
    assert (status, "there is no channel opps" in said) == (1, True)
