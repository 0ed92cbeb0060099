"""The largest numbers that the tables' columns hold."""

from dataclasses import dataclass

BIGINT = 2**63 - 1
INT4 = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on one row's numbers; a number beyond its bound becomes null and is noted."""

    max_token: int = BIGINT
    max_ms: int = INT4
    max_cost: float = 1e300  # the sum of a hundred million such costs is still finite
