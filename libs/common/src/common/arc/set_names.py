"""Names of folders that mean a task set, such as "v2", "public_eval" and "arc_agi_v1_semi_private"."""

import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Literal, NamedTuple, Self

Split = Literal["eval", "train", "semi-private", "private"]

_VERSION = r"(?:arc(?:agi)?v?|agiv?|v)(?P<version>[1-9])"
_EVAL, _SET = r"eval(?:uation)?", r"(?:set|tasks)?"
_SPLIT = (
    rf"(?:(?P<semi>semiprivate(?:{_EVAL})?)|(?P<private>private(?:{_EVAL})?)"
    rf"|(?P<eval>(?:public)?{_EVAL})|(?P<train>(?:public)?train(?:ing)?)){_SET}"
)
_NAME = re.compile(rf"(?:{_VERSION})?(?:{_SPLIT})?")
_SOURCE = re.compile(r"ARC([1-9])(?:-(Eval|Semi-Private|Private))?")
_SPLITS: Mapping[str | None, Split] = MappingProxyType(
    {None: "train", "Eval": "eval", "Semi-Private": "semi-private", "Private": "private"}
)


class SetName(NamedTuple):
    """What a name says of a task set; None where it does not."""

    version: int | None
    split: Split | None

    def fits(self, other: "SetName") -> bool:
        """Tell whether both may mean the same set."""
        return all(a is None or b is None or a == b for a, b in zip(self, other, strict=True))

    @classmethod
    def of_source(cls, source: str) -> Self | None:
        """Return what a source of ours means; None for sets that have no versions and splits.

        >>> SetName.of_source("ARC2-Eval")
        SetName(version=2, split='eval')
        """
        found = _SOURCE.fullmatch(source)
        return cls(int(found[1]), _SPLITS[found[2]]) if found else None


def set_name_of(folders: Iterable[str]) -> SetName | None:
    """Return what folder names say of a task set, the innermost last; None where none of them says anything.

    >>> set_name_of(["runs", "v2", "public_eval"])
    SetName(version=2, split='eval')
    """
    version: int | None = None
    split: Split | None = None
    for folder in folders:
        found = _NAME.fullmatch(re.sub(r"[^a-z0-9]", "", folder.casefold()))
        if found:
            version = int(found["version"]) if found["version"] else version
            split = _split(found) or split
    return None if version is None and split is None else SetName(version, split)


def _split(found: re.Match[str]) -> Split | None:
    if found["semi"]:
        return "semi-private"
    if found["private"]:
        return "private"
    return "eval" if found["eval"] else "train" if found["train"] else None
