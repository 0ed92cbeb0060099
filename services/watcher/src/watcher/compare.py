"""What differs between a complete listing and the database. Pure."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Known:
    """What the database holds of a model: its current content, and whether it is whole and still upstream."""

    tree_oid: str
    complete: bool = True
    removed: bool = False


@dataclass(frozen=True)
class Difference:
    """Folder names, sorted. `renamed` maps new names to old ones.

    A listed name is in exactly one of new, changed, incomplete, returned, renamed, unchanged and without_tasks. A
    renamed folder's old name vanished too, until its ingestion gives the history to the new name.
    """

    new: tuple[str, ...]
    changed: tuple[str, ...]
    incomplete: tuple[str, ...]
    returned: tuple[str, ...]
    renamed: Mapping[str, str]
    vanished: tuple[str, ...]
    unchanged: tuple[str, ...]
    without_tasks: tuple[str, ...] = ()

    @property
    def to_ingest(self) -> tuple[str, ...]:
        """The folders that the database does not have as they are."""
        return tuple(sorted((*self.new, *self.renamed, *self.changed, *self.incomplete)))

    @property
    def is_empty(self) -> bool:
        """Whether the database equals the listing."""
        return not (self.to_ingest or self.returned or self.vanished)


def compare(
    listed: Mapping[str, str], known: Mapping[str, Known], without_tasks: Collection[tuple[str, str]] = ()
) -> Difference:
    """Compare folder name -> tree oid of a listing with what the database holds.

    `without_tasks` are the folders (name, tree oid) that an ingester looked into and found no submission in.
    """
    empty = sorted(name for name in listed.keys() - known.keys() if (name, listed[name]) in without_tasks)
    fresh = sorted(listed.keys() - known.keys() - set(empty))
    gone = sorted(known.keys() - listed.keys())
    renamed = _pair_up(fresh, gone, listed, known)
    both = sorted(listed.keys() & known.keys())
    changed = [name for name in both if known[name].tree_oid != listed[name]]
    same = [name for name in both if known[name].tree_oid == listed[name]]
    return Difference(
        new=tuple(name for name in fresh if name not in renamed),
        changed=tuple(changed),
        incomplete=tuple(name for name in same if not known[name].complete),
        returned=tuple(name for name in same if known[name].removed and known[name].complete),
        renamed=renamed,
        vanished=tuple(name for name in gone if not known[name].removed),
        unchanged=tuple(name for name in same if known[name].complete and not known[name].removed),
        without_tasks=tuple(empty),
    )


def _pair_up(
    fresh: list[str], gone: list[str], listed: Mapping[str, str], known: Mapping[str, Known]
) -> dict[str, str]:
    """Pair new names with vanished ones of the same content; each is used once, in the order of names."""
    by_content: dict[str, list[str]] = {}
    for name in gone:
        by_content.setdefault(known[name].tree_oid, []).append(name)
    return {name: by_content[oid].pop(0) for name in fresh if by_content.get(oid := listed[name])}
