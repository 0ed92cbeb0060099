"""What a listing asks for: which files to fetch, which are known already, which cannot be used. Pure."""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from common.error_kinds import ErrorKind
from common.hub.downloads import RemoteFile

from ingester.submission.error_kinds import UnfetchedFile

# ARC task ids are the first eight hex digits of a hash; other sets use words, which no rule can tell from a report.
_TASK_ID = re.compile(r"[0-9a-f]{8}")
# Files that official submissions hold besides the tasks.
_REPORTS = frozenset({"results", "submission", "metadata", "summary", "config"})


@dataclass(frozen=True)
class Plan:
    """Every file of a listing is in exactly one of these. Keys are task ids."""

    fetch: Mapping[str, RemoteFile]
    known: Mapping[str, RemoteFile]
    refused: tuple[UnfetchedFile, ...]
    skipped: tuple[str, ...]

    @property
    def files(self) -> int:
        """The files that claim to answer a task."""
        return len(self.fetch) + len(self.known) + len(self.refused)

    def keeping(self, broken: Collection[str], results: Mapping[str, str]) -> "Plan":
        """Return the plan with those as known that could not be fetched now, and whose content has been judged before.

        `results` holds task id -> blob oid of judged files. A forced run on a bad day takes nothing away.
        """
        kept = {each: self.fetch[each] for each in broken if results.get(each) == self.fetch[each].blob_oid}
        fetch = {task_id: file for task_id, file in self.fetch.items() if task_id not in kept}
        return replace(self, fetch=fetch, known={**self.known, **kept})


def make_plan(
    model: str,
    files: Iterable[RemoteFile],
    tasks: Collection[str],
    known_blobs: Mapping[str, str],
    max_file_bytes: int,
) -> Plan:
    """Sort a listing. `known_blobs` holds task id -> blob oid of what the database has of this model."""
    fetch: dict[str, RemoteFile] = {}
    known: dict[str, RemoteFile] = {}
    refused: list[UnfetchedFile] = []
    skipped: list[str] = []
    for file in files:
        path = PurePosixPath(file.path).relative_to(model)
        task_id = path.stem
        if not _claims_a_task(path, tasks):
            skipped.append(str(path))
        elif task_id not in tasks:
            message = "the task set has no task of this name"
            refused.append(UnfetchedFile(task_id, ErrorKind.UNKNOWN_TASK, message, file.blob_oid))
        elif file.size > max_file_bytes:
            limit = f"{file.size} bytes are more than the {max_file_bytes} of INGEST_MAX_FILE_BYTES"
            message = f"{limit}; raise it, then ingest with --force"
            refused.append(UnfetchedFile(task_id, ErrorKind.TOO_LARGE, message, file.blob_oid))
        elif known_blobs.get(task_id) == file.blob_oid:
            known[task_id] = file
        else:
            fetch[task_id] = file
    return Plan(fetch, known, tuple(refused), tuple(skipped))


def _claims_a_task(path: PurePosixPath, tasks: Collection[str]) -> bool:
    if len(path.parts) != 1 or path.suffix != ".json" or path.stem in _REPORTS:
        return False
    return path.stem in tasks or bool(_TASK_ID.fullmatch(path.stem))
