"""How a benchmark prints its figures: the median, the spread, and the target beside them."""

import statistics
from collections.abc import Sequence


def title(text: str) -> None:
    """Print a benchmark's heading."""
    print(f"\n{text}")


def figure(name: str, values: Sequence[float], unit: str = "", target: str = "") -> None:
    """Print one line: the median of the values, their range, and what was aimed at."""
    middle = statistics.median(values)
    spread = f"{min(values):.3g} to {max(values):.3g}" if len(values) > 1 else "once"
    print(f"  {name:<58} {middle:8.3g} {unit:<5} ({spread}){f'   target {target}' if target else ''}")


def ratio(name: str, ours: Sequence[float], theirs: Sequence[float], target: str = "") -> None:
    """Print the median of the ratios, pair by pair: the machine's drift falls out."""
    figure(name, [a / b for a, b in zip(ours, theirs, strict=True)], "x", target)
