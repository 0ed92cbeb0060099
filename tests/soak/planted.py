"""What an engineer may get wrong, as Python for a service, and by which words the checker has to say so."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Bug:
    """Code that runs in a service before its own, and what is said of it."""

    service: str
    code: str
    says: tuple[str, ...]


BUGS: Final = (
    Bug(  # It tells of every other version only, and of one that is not there.
        "ingester",
        """
import common.bus.bus as bus, itertools
publish, told = bus.publish, itertools.count()
async def forgetful(client, event, *arguments, **options):
    if event.subject != "model.ingested":
        return await publish(client, event, *arguments, **options)
    if next(told) % 2 == 0:
        event = event.model_copy(update={"run_id": event.run_id + 1_000})
    return await publish(client, event, *arguments, **options)
bus.publish = forgetful
""",
        (
            "no event tells of the versions of runs",
            "the page was not told of runs",
            "events tell of runs that did not end well",
        ),
    ),
    Bug(  # It counts a pair too many.
        "ingester",
        """
import ingester.submission.scoring as scoring
pairs_solved = scoring.pairs_solved
scoring.pairs_solved = lambda judged: pairs_solved(judged) or 1
""",
        ("other rows or results than its files have", "other figures than they give"),
    ),
    Bug(  # It gives up one model for good.
        "ingester",
        """
import common.outcomes, ingester.ingestion.ingest as ingestion
ingest = ingestion.Ingester.ingest
async def giving_up(self, event, *arguments, **options):
    if event.model == "model-2":
        raise common.outcomes.PermanentError("it has a two in it", kind="unexpected")
    return await ingest(self, event, *arguments, **options)
ingestion.Ingester.ingest = giving_up
""",
        ("a dead letter of the ingester: it has a two in it", "the current version is None"),
    ),
    Bug(  # It never says that a model is gone.
        "watcher",
        """
import dataclasses, watcher.sync as sync
compare = sync.compare
sync.compare = lambda *arguments: dataclasses.replace(compare(*arguments), vanished=())
""",
        ("the Hub has None, the current version is",),
    ),
    Bug(  # It takes the oldest for the newest, and shows everybody the same score.
        "query-api",
        """
import query_api.view.answers as answers, query_api.view.snapshot as snapshot
model_row = answers.model_row
answers.model_row = lambda *arguments: model_row(*arguments).model_copy(update={"score": 0.125})
newest = max
snapshot.max = lambda them, **options: min(them, **options)
""",
        ("the API says 0.125, the database", "the latest model is"),
    ),
    Bug(  # It tells one channel nothing, and the other everything twice.
        "notifier",
        """
import notifier.store.outbox as outbox
add = outbox._add
async def unfair(connection, channel, wanted):
    if channel.name == "digest":
        await add(connection, channel, wanted * 2)
outbox._add = unfair
""",
        (
            "the channel each was not told of what landed in",
            "the channel each was not told of the failed runs",
            "the channel digest was told twice of what landed in",
        ),
    ),
    Bug(  # It makes a message anew each time that it sends it, and signs it wrongly.
        "notifier",
        """
import datetime, notifier.news.message as message, notifier.sending.webhook as webhook, notifier.store.outbox as outbox
of, headers_of = message.Message.of, webhook.headers_of
message.Message.of = lambda news, channel, at, site: of(news, channel, datetime.datetime.now(datetime.UTC), site)
async def not_kept(self, claimed, text):
    return text
outbox.Outbox.keep = not_kept
webhook.headers_of = lambda name, at, body, secrets: headers_of(name, at, body + b" ", secrets)
""",
        (
            "messages to webhooks came again with another body",
            "messages to webhooks are signed wrongly",
            "messages to webhooks that were not sent",
        ),
    ),
)


def code_of(bugs: Iterable[Bug]) -> Mapping[str, str]:
    """Return the code of each service, with all bugs that it has."""
    found: dict[str, str] = defaultdict(str)
    for bug in bugs:
        found[bug.service] += bug.code
    return found
