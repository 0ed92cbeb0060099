"""One way to say that a name is none of those that are there: which is the nearest, or which there are."""

from collections.abc import Collection
from difflib import get_close_matches

_FEW = 5
_NEAREST = 3


def watched(dataset: str, names: Collection[str]) -> str | None:
    """Return a dataset's name as it is configured, from one in any letter case, as the Hub takes them."""
    return next((name for name in names if name.casefold() == dataset.casefold()), None)


def no_such(what: str, name: object, there: Collection[object], where: str = "") -> str:
    """Say that there is no such thing, and what there is; `where` tells of which place."""
    place = f" in {where}" if where else ""
    return f"there is no {what} {name}{place}; {_instead(str(name), sorted(map(str, there)))}"


def not_watched(dataset: str, names: Collection[str]) -> str:
    """Say that a dataset is none that is watched, and which are."""
    return f"{dataset} is not watched here; HF_DATASETS holds {', '.join(names)}"


def _instead(name: str, there: list[str]) -> str:
    if not there:
        return "there is none at all"
    if len(there) <= _FEW:
        return f"there {'is' if len(there) == 1 else 'are'} {', '.join(there)}"
    by_folded = {each.casefold(): each for each in there}
    near = [by_folded[each] for each in get_close_matches(name.casefold(), by_folded, _NEAREST, cutoff=0.5)]
    if near:
        return f"the nearest of {len(there)}: {', '.join(near)}"
    return f"there are {len(there)}, such as {', '.join(there[:_NEAREST])}"
