"""Webhooks as the Hub sends them (version 3): one POST for each new commit to whoever watches the dataset."""

import asyncio
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Annotated, Any

import aiohttp
import structlog
from pydantic import BaseModel, BeforeValidator, Field

from localhub.errors import HubError
from localhub.repositories.repository import NewCommit

ATTEMPTS = 3
RETRY_SECONDS = 0.2  # the Hub waits longer; here a test or a user waits
TIMEOUT = aiohttp.ClientTimeout(total=10)
DOMAINS = ("repo", "discussions")

log = structlog.get_logger()


class Watched(BaseModel):
    """A dataset, or an account with all of its datasets."""

    type: str
    name: str


class Webhook(BaseModel):
    """One registration, as the Hub's API takes and shows it: where to send, and for which datasets or owners."""

    id: str = Field(default_factory=lambda: secrets.token_hex(12))
    url: str
    job: None = None
    watched: tuple[Watched, ...]
    domains: Annotated[tuple[str, ...], BeforeValidator(lambda given: given or DOMAINS)] = DOMAINS
    secret: str | None = None
    disabled: bool = False

    def watches(self, repo: str) -> bool:
        owner = repo.partition("/")[0]
        wanted = {("dataset", repo), ("org", owner), ("user", owner)}
        found = any((each.type, each.name) in wanted for each in self.watched)
        return found and not self.disabled and "repo" in self.domains


@dataclass
class Webhooks:
    """Registrations, and the queue of what has to be sent."""

    _hooks: dict[str, Webhook] = field(default_factory=dict)
    _queue: asyncio.Queue[NewCommit] = field(default_factory=asyncio.Queue)

    def __bool__(self) -> bool:
        return bool(self._hooks)

    def __iter__(self) -> Iterator[Webhook]:
        return iter(self._hooks.values())

    def register(self, hook: Webhook) -> None:
        self._hooks[hook.id] = hook

    def named(self, hook_id: str) -> Webhook:
        if hook_id not in self._hooks:
            raise HubError(404, f"Webhook {hook_id} not found")
        return self._hooks[hook_id]

    def remove(self, hook_id: str) -> Webhook:
        return self._hooks.pop(self.named(hook_id).id)

    def enable(self, hook_id: str, *, enabled: bool) -> Webhook:
        hook = self._hooks[hook_id] = self.remove(hook_id)
        hook.disabled = not enabled
        return hook

    def notify(self, commit: NewCommit) -> None:
        self._queue.put_nowait(commit)

    async def run(self, base_url: str) -> None:
        """Send what is queued, until cancelled."""
        async with aiohttp.ClientSession(timeout=TIMEOUT) as session:
            while True:
                commit = await self._queue.get()
                hooks = [hook for hook in self._hooks.values() if hook.watches(commit.repo)]
                await asyncio.gather(*(self._send(session, hook, payload(hook, commit, base_url)) for hook in hooks))

    async def _send(self, session: aiohttp.ClientSession, hook: Webhook, body: dict[str, Any]) -> None:
        headers = {"Webhook-Id": secrets.token_hex(12)}
        if hook.secret:
            headers["X-Webhook-Secret"] = hook.secret
        for attempt in range(1, ATTEMPTS + 1):
            try:
                async with session.post(hook.url, json=body, headers=headers, raise_for_status=True):
                    return
            except (aiohttp.ClientError, TimeoutError):
                await asyncio.sleep(RETRY_SECONDS * attempt)
        log.warning("webhook not delivered", url=hook.url, attempts=ATTEMPTS)


def payload(hook: Webhook, commit: NewCommit, base_url: str) -> dict[str, Any]:
    """Build the body of one delivery."""
    owner = commit.repo.partition("/")[0]
    urls = {"web": f"{base_url}/datasets/{commit.repo}", "api": f"{base_url}/api/datasets/{commit.repo}"}
    return {
        "event": {"action": "update" if commit.old else "create", "scope": "repo.content"},
        "repo": {
            "type": "dataset",
            "name": commit.repo,
            "id": commit.repo,
            "private": False,
            "headSha": commit.new,
            "tags": [],
            "owner": {"id": owner},
            "url": urls,
        },
        "updatedRefs": [{"ref": "refs/heads/main", "oldSha": commit.old, "newSha": commit.new}],
        "webhook": {"id": hook.id, "version": 3},
    }
