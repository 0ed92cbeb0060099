"""What a listing asks for: which files to fetch, which are known already, which cannot be used. Pure."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath

from common.arc.task_sets import TaskSet
from common.hub.downloads import RemoteFile
from common.storable import storable

from ingester.submission.error_kinds import ListedFinding, too_large
from ingester.submission.folder import files_by_key, listed_findings
from ingester.submission.layout import read_layout


@dataclass(frozen=True)
class Plan:
    """Every file of a listing is in exactly one of fetch, known, refused and skipped.

    Keys are task ids, and for a file that answers all tasks its path below the model's folder, which is `whole` then.
    `paths` holds that of every key, and `means_answers` tells whether the folder was uploaded as a submission.
    """

    fetch: Mapping[str, RemoteFile]
    known: Mapping[str, RemoteFile]
    refused: tuple[ListedFinding, ...]
    skipped: tuple[str, ...]
    findings: tuple[ListedFinding, ...] = ()
    paths: Mapping[str, str] = field(default_factory=dict)
    whole: str | None = None
    means_answers: bool = True

    @property
    def files(self) -> int:
        """The files that claim to answer a task."""
        return len(self.fetch) + len(self.known) + len(self.refused)

    def answers(self, files: Mapping[str, RemoteFile], tasks: Iterable[str]) -> Mapping[str, RemoteFile]:
        """Return which of `files` answers what: one that answers all tasks stands for each of them, and for itself."""
        whole = files.get(self.whole) if self.whole else None
        return {**files, **dict.fromkeys(tasks, whole)} if whole else files

    def is_of(self, judged: Mapping[str, str], refused: Mapping[str, str | None]) -> bool:
        """Tell whether the listing has just these files of tasks, by key and blob oid: judged, or refused unread."""
        files = {key: file.blob_oid for key, file in {**self.fetch, **self.known}.items()}
        if self.whole and self.whole in files:
            # A file for all tasks stands for those of its tasks that could not be used.
            oid = files[self.whole]
            judged = {key if key in files or each != oid else self.whole: each for key, each in judged.items()}
        return files == judged and {storable(each.puzzle_id): each.blob_oid for each in self.refused} == refused

    def keeping(self, broken: Collection[str], results: Mapping[str, str]) -> "Plan":
        """Return the plan with those as known that could not be fetched now, and whose content has been judged before.

        `results` holds key -> blob oid of judged files. A forced run on a bad day takes nothing away.
        """
        kept = {each: self.fetch[each] for each in broken if results.get(each) == self.fetch[each].blob_oid}
        fetch = {key: file for key, file in self.fetch.items() if key not in kept}
        return replace(self, fetch=fetch, known={**self.known, **kept})


def make_plan(
    model: str,
    files: Iterable[RemoteFile],
    tasks: TaskSet,
    known_blobs: Mapping[str, str],
    max_file_bytes: int,
) -> Plan:
    """Sort a listing. `known_blobs` holds key -> blob oid of what the database has of this model."""
    by_path = {str(PurePosixPath(file.path).relative_to(model)): file for file in files}
    layout = read_layout(model, by_path, tasks.tasks, tasks.source)
    paths = files_by_key(layout)
    listed = list(listed_findings(layout, {path: file.blob_oid for path, file in by_path.items()}))
    fetch: dict[str, RemoteFile] = {}
    known: dict[str, RemoteFile] = {}
    refused = [each for each in listed if each.is_fatal]
    for key, path in paths.items():
        file = by_path[path]
        if file.size > max_file_bytes:
            refused.append(too_large(key, file.size, max_file_bytes, file.blob_oid))
        elif known_blobs.get(key) == file.blob_oid:
            known[key] = file
        else:
            fetch[key] = file
    return Plan(
        fetch,
        known,
        tuple(refused),
        skipped=(*layout.left_out, *layout.others),
        findings=tuple(each for each in listed if not each.is_fatal),
        paths={key: storable(path) for key, path in paths.items()},
        whole=next(map(storable, layout.whole), None),
        means_answers=layout.means_answers,
    )
