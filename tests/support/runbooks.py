"""The commands that runbooks and pages tell an operator to type, and what an operator puts into them."""

import json
import re
import shlex
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass

from common.events import ModelDiscovered
from nats.aio.client import Client

from tests.support import alert_rules
from tests.support.eventually import eventually

RUNBOOKS = sorted(alert_rules.RUNBOOKS.glob("*.md"))
OPERATING = alert_rules.ROOT / "docs" / "operating.md"
PAGES = (*RUNBOOKS, OPERATING)
# Until Ctrl-C; `arcwatch hub` and `demo` are no part of a deployment.
UNTIL_STOPPED = frozenset({"up", "demo", "hub"})
# Not while services run, all anew, to a channel elsewhere, of a run at work: they have tests of their own.
DRILLS = (("restore",), ("rebuild",), ("notify", "test"), ("runs", "cancel"))
_INLINE = re.compile(r"`((?:arcwatch|docker compose|kubectl) [^`]+)`")
# Options by which an operator answers a question beforehand, where no terminal can ask it.
_ASKS = (("dead", "rm"), ("notify", "rm"), ("topology", "purge"), ("names", "unset"))


def blocks(text: str) -> Iterator[str]:
    """Yield each command of the fenced blocks that name no language."""
    for language, block in re.findall(r"^```(\w*)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
        for line in [] if language else block.splitlines():
            yield from (part.strip() for part in line.split("; ") if not part.strip().startswith("#"))


def lines(text: str, program: str) -> Iterator[str]:
    """Yield each command of a program, fenced or inline, as a shell would read it."""
    inline = (each for each in _INLINE.findall(text) if each.startswith(f"{program} "))
    for command in (*inline, *(each for each in blocks(text) if each.startswith(f"{program} "))):
        # The README also shows what `up` says.
        if "..." not in command and not command.startswith("arcwatch is ready"):
            yield command.replace("\n", " ")


def commands(text: str) -> Iterator[list[str]]:
    """Yield the words of each command of ours, without the program's name."""
    for command in lines(text, "arcwatch"):
        yield shlex.split(command, comments=True)[1:]


def of_pages() -> list[tuple[str, ...]]:
    """Return each command of ours in the runbooks and on the operators' page, once."""
    found = dict.fromkeys(tuple(words) for path in PAGES for words in commands(path.read_text()))
    drills = {words for words in found for drill in DRILLS if words[: len(drill)] == drill}
    return [words for words in found if words and words[0] not in UNTIL_STOPPED and words not in drills]


@dataclass(frozen=True)
class Operator:
    """Types commands of ours as pages have them, with values of the running deployment; `ask` fails where one fails."""

    ask: Callable[..., Awaitable[str]]
    on_nats: Callable[[], AbstractAsyncContextManager[Client]]
    dataset: str
    model: str

    async def types(self, words: tuple[str, ...]) -> None:
        """Put in what the page leaves open, and answer yes to what it asks."""
        values = {"DATASET": self.dataset, "MODEL": self.model}
        if "SEQ" in words:
            values["SEQ"] = await self._dead_letter()
        if any("RUN" in word for word in words):
            (run, *_) = json.loads(await self.ask("runs", "ls", "--status", "partial", "--json"))
            values["RUN"] = str(run["id"])
        found = [re.sub(r"\b[A-Z]{3,}\b", lambda name: values.get(name[0], name[0]), word) for word in words]
        await self.ask(*found, *(["--yes"] if words[:2] in _ASKS and "--yes" not in words else []))

    async def _dead_letter(self) -> str:
        """Publish what no service can read, and return the place of the dead letter that comes of it."""
        async with self.on_nats() as client:
            await client.jetstream().publish(ModelDiscovered.subject, b"no event")

        async def there() -> str:
            letters = json.loads(await self.ask("dead", "ls", "--json"))
            return str(letters[0]["sequence"]) if letters else ""

        return await eventually(there, 120)
