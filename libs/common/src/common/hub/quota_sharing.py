"""Tells other processes what this one knows and uses of the quota, and hears them. It knows nothing of NATS.

None takes the others' last requests then: not one that has asked for nothing for a while, nor one that just started. It
only helps: who hears nobody goes by the Hub's answers to itself alone.
"""

import asyncio
import contextlib
import hashlib
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import NoReturn

import structlog
from pydantic import ValidationError

from common.events import BudgetReport, QuotaReport, fresh_id
from common.hub.quota import Quota

log = structlog.get_logger(__name__)

# Between two reports: where nothing changed, where something did, and, times the processes, where little is left. So
# all of them together send at most 250 a second.
BEAT_SECONDS = 1.0
CHANGED_SECONDS = 0.25
LITTLE_LEFT_SECONDS = 0.004
# More than these say nothing new.
MAX_READ_PER_SECOND = 1_000
MAX_BYTES = 8 * 1024
MAX_IN_FLIGHT = 10_000
# Every process hears its own reports, too, unless its NATS user may not tell them or hear them.
UNHEARD_SECONDS = 5.0
UNHEARD_PAUSE_SECONDS = 600.0


def key_of(endpoint: str, token: str | None) -> str:
    """Return a short digest of whose quota it is: of the Hub and the token, neither of which can be read from it."""
    named = f"{endpoint.rstrip('/')}\0{token or ''}".encode()
    return hashlib.blake2b(named, digest_size=8, key=b"arcwatch hub.quota").hexdigest()


@dataclass
class QuotaSharing:
    """Shares one quota; `tell` sends a report to all processes, this one too, and says whether it could.

    `hear` takes the bodies that come.
    """

    quota: Quota
    key: str
    tell: Callable[[QuotaReport], Awaitable[bool]]
    clock: Callable[[], float] = time.monotonic
    process: str = field(default_factory=fresh_id)
    _told: tuple[BudgetReport, ...] = ()
    _told_at: float = float("-inf")
    _unheard_since: float | None = None
    _heard: asyncio.Event = field(default_factory=asyncio.Event)
    _read: int = 0
    _reading_since: float = float("-inf")
    _logged: set[str] = field(default_factory=set)

    async def run(self) -> NoReturn:
        """Report for ever: what changed at most some times a second, but at once where little is left."""
        peers, urgent, others = self.quota.peers, self.quota.urgent, 0
        try:
            while True:
                if asks := peers.look(self.clock()):
                    self._unheard_since = None
                await self._report(asks=asks)
                before, others = others, peers.count(self.clock())
                if others != before:
                    self.quota.wake()  # what one that is gone had on the way may go now
                await asyncio.sleep(LITTLE_LEFT_SECONDS * (1 + others))
                await _until(urgent, CHANGED_SECONDS)
                if self._is_unheard():
                    await self._stay_silent()
        finally:
            self._look_away()

    async def _report(self, *, asks: bool) -> None:
        """Tell how things stand, if that is of use."""
        now, urgent, budgets = self.clock(), self.quota.urgent, self._budgets()
        due = asks or urgent.is_set() or now - self._told_at >= BEAT_SECONDS
        if not due and list(map(_known, budgets)) == list(map(_known, self._told)):
            return
        urgent.clear()
        self._told, self._told_at = budgets, now
        if not await self.tell(QuotaReport(process=self.process, key=self.key, asks=asks, budgets=budgets)):
            self._unheard_since = None
            if asks:
                self.quota.peers.asked(now)  # in vain: nobody answers
        elif self._unheard_since is None:
            self._unheard_since = now

    def _budgets(self) -> tuple[BudgetReport, ...]:
        on_the_way = +self.quota.in_flight
        return tuple(self._budget(name) for name in sorted({*self.quota.budgets, *on_the_way}))

    def _budget(self, name: str) -> BudgetReport:
        known, now = self.quota.budgets.get(name), self.clock()
        in_flight = min(self.quota.in_flight[name], MAX_IN_FLIGHT)
        if known is None or now >= known.resets_at:
            return BudgetReport(name=name, in_flight=in_flight)
        reset = max(0.001, round(known.resets_at - now, 3))
        return BudgetReport(name=name, in_flight=in_flight, left=known.left, quota=known.quota, reset_seconds=reset)

    def hear(self, body: bytes) -> None:
        """Take note of a report; what is none, or too much, is ignored, and logged once."""
        now = self.clock()
        if now - self._reading_since >= 1.0:
            self._reading_since, self._read = now, 0
        self._read += 1
        if self._read > MAX_READ_PER_SECOND or len(body) > MAX_BYTES:
            self._log_once("quota.reports_ignored", reason="too many, or too large")
            return
        try:
            report = QuotaReport.model_validate_json(body)
        except ValidationError as error:
            self._log_once("quota.report_unreadable", reason=str(error))
            return
        if report.process == self.process:
            self._unheard_since = None
            self._heard.set()
            if report.asks:
                self.quota.peers.asked(now)
                self.quota.wake()
        elif report.key == self.key:
            self.quota.peers.hear(report.process, report.budgets, now)
            if report.asks:
                self.quota.urgent.set()
            self.quota.wake()

    def _is_unheard(self) -> bool:
        return self._unheard_since is not None and self.clock() - self._unheard_since > UNHEARD_SECONDS

    async def _stay_silent(self) -> None:
        """Say nothing for a while: each report that NATS refuses would be an error in its log, and in ours."""
        what_to_do = f"let the NATS user publish and subscribe {', '.join(QuotaReport.subjects())}"
        self._log_once("quota.not_shared", reason="its own reports do not come back", what_to_do=what_to_do)
        self._look_away()
        self._heard.clear()
        await _until(self._heard, UNHEARD_PAUSE_SECONDS)

    def _look_away(self) -> None:
        self.quota.peers.look_away()
        self.quota.wake()

    def _log_once(self, event: str, **values: str) -> None:
        if event not in self._logged:
            self._logged.add(event)
            log.warning(event, **values)


def _known(report: BudgetReport) -> BudgetReport:
    """Return what is not only another instant's view of the same."""
    return report.model_copy(update={"reset_seconds": None})


async def _until(event: asyncio.Event, seconds: float) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()
