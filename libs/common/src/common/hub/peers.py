"""What other processes of the same quota told: what they know of each budget, and what they have on the way. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from common.events import BudgetReport
from common.hub.budget import Budget

# Three reports missed: who is silent for so long has ended, or is frozen.
FORGET_SECONDS = 3.0
MAX_PEERS = 200
# A process that heard nothing for so long was frozen itself, or could not run: others' reports wait unread.
BEHIND_SECONDS = 2.0
# Answers over NATS take some milliseconds, and more where all are busy: those that were there before are waited for so
# long. Who just started knows of nobody.
CATCH_UP_SECONDS = 1.0
FIRST_CATCH_UP_SECONDS = 0.15


@dataclass(frozen=True)
class _Peer:
    heard_at: float
    budgets: dict[str, Budget]
    in_flight: dict[str, int]

    def is_alive(self, now: float) -> bool:
        return now - self.heard_at < FORGET_SECONDS

    def is_of_use(self, now: float) -> bool:
        return self.is_alive(now) or any(now < each.resets_at for each in self.budgets.values())


@dataclass
class Peers:
    """The last report of each process; `now` is always the monotonic clock's."""

    _by_process: dict[str, _Peer] = field(default_factory=dict)
    # Whose budget was found to be another one than ours, until its window ends.
    _foreign: dict[tuple[str, str], Budget] = field(default_factory=dict)
    _looked_at: float | None = None
    _looked_before: float = 0.0
    _caught_up_at: float = 0.0
    _asks: bool = False
    _asked: bool = False
    _awaited: set[str] = field(default_factory=set)

    def hear(self, process: str, reports: Iterable[BudgetReport], now: float) -> None:
        """Take note of a report, in place of the process's last one."""
        if self._asked and process in self._awaited:
            self._awaited.discard(process)
            self._caught_up_at = self._caught_up_at if self._awaited else now
        if process not in self._by_process and len(self._by_process) >= MAX_PEERS:
            self._by_process = {key: peer for key, peer in self._by_process.items() if peer.is_of_use(now)}
            self._foreign = {key: each for key, each in self._foreign.items() if key[0] in self._by_process}
            if len(self._by_process) >= MAX_PEERS:
                return
        reports = tuple(reports)
        budgets = {
            each.name: Budget(each.left, each.quota, now + each.reset_seconds)
            for each in reports
            if each.left is not None and each.reset_seconds is not None
        }
        self._by_process[process] = _Peer(now, budgets, {each.name: each.in_flight for each in reports})

    def told(self, name: str) -> dict[str, Budget]:
        """Return what each process knows of a budget that is ours, too, whether it is still there or not."""
        found = {process: peer.budgets[name] for process, peer in self._by_process.items() if name in peer.budgets}
        foreign = {process: self._foreign.get((process, name)) for process in found} if self._foreign else {}
        return {process: each for process, each in found.items() if not each.is_of_window(foreign.get(process))}

    def compare(self, name: str, before: Mapping[str, Budget], answer: Budget) -> None:
        """Take note of an answer to a request that was sent when others had told this much.

        What is left only shrinks within a window. Where clearly more is left than a process told before, its budget is
        another one: without a token, the Hub counts by address.
        """
        for process, told in before.items():
            if told.is_of_window(answer) and answer.left > told.left + answer.reserve:
                self._foreign[process, name] = told

    def in_flight(self, name: str, now: float) -> int:
        """Return how many requests others have on the way."""
        return sum(peer.in_flight.get(name, 0) for peer in self._by_process.values() if peer.is_alive(now))

    def count(self, now: float) -> int:
        """Return how many others there are."""
        return sum(peer.is_alive(now) for peer in self._by_process.values())

    def look(self, now: float) -> bool:
        """Note that we listen now; tell whether we did not before, so that others have to be asked how things stand."""
        self._notice(now)
        asks, self._asks = self._asks, False
        self._looked_at = now
        return asks

    def asked(self, now: float) -> None:
        """Note that our question has come to all: whatever waited unread came before it, and answers come after it."""
        self._asked = True
        if not self._awaited:
            self._caught_up_at = min(self._caught_up_at, now + FIRST_CATCH_UP_SECONDS)

    def look_away(self) -> None:
        """Note that nobody listens from now on: each goes by its own answers."""
        self._looked_at = None

    def catch_up_seconds(self, now: float) -> float:
        """Return how long to wait for what others tell, before anything is sent.

        A request may come before the next look, and waits no longer than a second where none comes.
        """
        if self._looked_at is None:
            return 0.0
        self._notice(now)
        return max(0.0, self._caught_up_at - now)

    def read_since(self, now: float) -> float:
        """Return when what is read now came, at the earliest: at the last look, if we are behind."""
        return self._looked_before if self.catch_up_seconds(now) else now

    def _notice(self, now: float) -> None:
        last = self._looked_at
        if last is None or now - last > BEHIND_SECONDS:
            self._awaited = {key for key, peer in self._by_process.items() if last is not None and peer.is_alive(last)}
            self._looked_before = now if last is None else last
            self._looked_at, self._caught_up_at = now, now + CATCH_UP_SECONDS
            self._asks, self._asked = True, False
