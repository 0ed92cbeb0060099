"""A budget of the Hub's quota: what is left of a window, by our own answers and by what other processes told. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

# No replica takes the last twentieth of a budget (and no less than two requests). Not everything that others have in
# flight is known at once, and a person's `arcwatch sync` or a webhook still has to get through.
RESERVE = 0.05
MIN_RESERVE = 2
# The reset comes in whole seconds; windows are 300 s long.
SAME_WINDOW_SECONDS = 1.5
# Less than this of a budget is little; and less than so many times what is on the way.
LITTLE = 0.25
LITTLE_PER_REQUEST = 4
# The end of any request may let another one go. Those of other processes are heard of, and this is for when one is not.
RECHECK_SECONDS = 1.0


@dataclass(frozen=True)
class Budget:
    """What is left of one budget, as of some answer. `resets_at` is on the monotonic clock of this process."""

    left: int
    quota: int | None
    resets_at: float

    @property
    def reserve(self) -> int:
        """How many requests are left to others."""
        return max(MIN_RESERVE, int((self.quota or 0) * RESERVE))

    def is_of_window(self, other: "Budget | None") -> bool:
        """Tell whether another budget's window ends when this one's does."""
        return other is not None and abs(self.resets_at - other.resets_at) < SAME_WINDOW_SECONDS

    def at(self, now: float) -> "Budget | None":
        """Return it as it is by now: whole once its window has ended, None where its size is not known then."""
        if now < self.resets_at:
            return self
        return None if self.quota is None else replace(self, left=self.quota)


def merge(own: Budget | None, told: Iterable[Budget], now: float) -> Budget | None:
    """Return what is known of a budget: what our own answers say, less what others used since.

    What others tell counts for our own window; where we know of none that goes on, for the latest of theirs.
    """
    current = [each for each in told if now < each.resets_at]
    ours = own if own and now < own.resets_at else max(current, key=lambda each: each.resets_at, default=None)
    if ours is None:
        return own
    same = [ours, *(each for each in current if each.is_of_window(ours))]
    quota = next((each.quota for each in same if each.quota), None)
    return Budget(min(each.left for each in same), quota, ours.resets_at)


@dataclass(frozen=True)
class Standing:
    """A budget at this moment, with the requests on its way: our own, and those of so many other processes."""

    budget: Budget
    now: float
    own: int
    others: int
    processes: int

    @property
    def free(self) -> int:
        """How many more requests all processes together may send, the reserve left out."""
        budget = self.budget.at(self.now)
        return 0 if budget is None else budget.left - budget.reserve - self.others - self.own

    @property
    def is_little(self) -> bool:
        """Tell whether others should know at once what we do."""
        return self.free < max((self.budget.quota or 0) * LITTLE, (self.own + self.others) * LITTLE_PER_REQUEST)

    @property
    def wait_seconds(self) -> float:
        """How long the next request has to wait; 0 when it may go.

        Each process takes its share only: it knows what others sent up to now, not what they send in this moment.
        """
        ended = self.now >= self.budget.resets_at
        if ended and self.budget.quota is None:
            return 0.0
        share = (self.free + self.own) // self.processes
        if ended and self.processes > 1:
            # That a window begins is a guess until an answer comes: others may have used it up by now.
            share = min(share, max(1, self.budget.reserve // self.processes))
        # One request may always go where none is on the way, or no process took the last ones of a window.
        if (ended or self.free > 0) and (self.own < share or self.own + self.others == 0):
            return 0.0
        # Where only the share is used up, the end of any request may change that, long before the reset.
        return RECHECK_SECONDS if ended or self.free > 0 else self.budget.resets_at - self.now
