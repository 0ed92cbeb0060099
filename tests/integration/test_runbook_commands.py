"""Promise: every command of the runbooks and of the operators' page does its work as it stands there.

Here in the embedded deployment; in containers `make test-compose` tries the same.
"""

import json
import shlex
from functools import partial
from pathlib import Path

import pytest
from common.bus import bus

from tests.support.cli import arcwatch
from tests.support.deployments import Arcwatch
from tests.support.eventually import eventually
from tests.support.hub import TestHub
from tests.support.runbooks import Operator, of_pages
from tests.support.submissions import V2, solved, submission, tasks

ONE, TWO = tasks()[:2]


@pytest.mark.timeout(300)
async def test_every_command_of_the_pages_works_in_the_embedded_deployment(tmp_path: Path, hub: TestHub) -> None:
    hub.commit(V2, submission("whole", {ONE: solved(ONE)}) | submission("part", {ONE: solved(ONE), TWO: b"["}))
    env = {"HF_ENDPOINT": hub.url, "HF_DATASETS": V2, "ARCWATCH_DATA_DIR": str(tmp_path / "data")}

    async def ask(*words: str) -> str:
        run = await arcwatch(*words, env=env, cwd=tmp_path)
        assert run.status == 0, f"arcwatch {shlex.join(words)}: {[*run.out, *run.err]}"
        return "\n".join(run.out)

    async with Arcwatch("up", "--port", "0", env=env, cwd=tmp_path) as deployment:
        await deployment.ready()

        async def both_there() -> bool:
            return {"whole", "part"} <= {each["model"] for each in json.loads(await ask("models", "ls", "--json"))}

        await eventually(both_there, 60)
        nats_url = await ask("nats-url")
        operator = Operator(ask, partial(bus.connect, nats_url, "test"), dataset=V2, model="whole")
        for words in of_pages():
            await operator.types(words)
