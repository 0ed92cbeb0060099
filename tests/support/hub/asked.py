"""One file in one dataset, and a plain request for it, for tests of the Hub itself."""

import json

import aiohttp

REPO = "arcprize/arc_agi_v1_public_eval"
FILE = f"/datasets/{REPO}/resolve/main/model/1.json"
INFO = f"/api/datasets/{REPO}"
CONTENT = json.dumps([[number] * 5 for number in range(100)]).encode()


async def fetch(web: aiohttp.ClientSession, path: str) -> tuple[int, bytes]:
    async with web.get(path) as answer:
        return answer.status, await answer.read()
