"""The shapes of the admin page's requests and answers."""

from typing import Annotated, Literal

from common.events import RequestId
from common.names.folders import is_plain_folder_name
from pydantic import AfterValidator, Field

from query_api.schemas.base import Answer, ApiModel, Body, Count, DatasetName, Query
from query_api.schemas.ingestion_runs import RequestProgress, Run


def _plain_folder(name: str) -> str:
    if not is_plain_folder_name(name):
        raise ValueError(
            "a model is one folder of the dataset, named without slashes, control characters or a first dot"
        )
    return name


Folder = Annotated[
    str,
    # What a pattern can say of a folder's name; its length in bytes it cannot.
    Field(
        min_length=1,
        max_length=255,
        pattern=r"^[^./\x00-\x1f\x7f-\x9f][^/\x00-\x1f\x7f-\x9f]*$",
        description="The model's folder in the dataset.",
    ),
    AfterValidator(_plain_folder),
]
BaseUrl = Annotated[
    str,
    Field(
        min_length=1,
        max_length=500,
        pattern=r"^[\x21-\x7e]+$",
        description="The dataset on the configured Hub: its name, its page, or .../resolve/main.",
        examples=["https://huggingface.co/datasets/arcprize/arc_agi_v2_public_eval/resolve/main"],
    ),
]


class FoldersQuery(Query):
    """Of which dataset; the first one configured when it is left out."""

    base_url: BaseUrl | None = None


class FolderRow(ApiModel):
    """One model folder on the Hub."""

    name: str
    ingested: Annotated[bool, Field(description="Its present content is ingested.")]
    attempts_found: Annotated[Count, Field(description="Attempts in the database, of whatever version.")]
    without_tasks: Annotated[
        bool, Field(description="An ingester found no file of a task in its present content: no submission.")
    ]


class FoldersAnswer(ApiModel):
    """The folders that the Hub lists."""

    folders: tuple[FolderRow, ...]


class ValidationBody(Body):
    """What is to be checked. The other fields of the page's form are taken, and change nothing here."""

    dataset_name: Annotated[
        Folder | Literal[""], Field(description="Empty: what the page sends before a folder is chosen.")
    ]
    base_url: BaseUrl
    source: Annotated[str | None, Field(max_length=50)] = None
    limit: int | None = None
    delay: int | None = None
    dry_run: bool | None = None
    force_overwrite: bool | None = None
    verbose: bool | None = None


class SamplePuzzle(ApiModel):
    """One file of the folder, really fetched."""

    id: str
    has_data: bool
    test_cases: Count
    existing_entries: Annotated[Count, Field(description="Answers to this task in the database already.")]


class Checks(ApiModel):
    """What was checked."""

    url_accessible: bool
    token_present: bool
    database_connected: bool
    source_detected: str | None
    puzzle_count: Annotated[Count, Field(description="Tasks of the set.")]
    sample_puzzle: SamplePuzzle | None


class ValidationAnswer(ApiModel):
    """Whether an ingestion would work, and why not."""

    valid: bool
    checks: Checks
    errors: tuple[str, ...]


class IngestionBody(Body):
    """What is to be ingested. `delay` and `verbose` are taken for the page's sake: the quota paces the downloads."""

    dataset_name: Folder
    base_url: BaseUrl
    source: Annotated[str | None, Field(max_length=50, description="auto, or the source that it must be.")] = "auto"
    dry_run: bool = False
    force_overwrite: Annotated[bool, Field(description="Fetch every file again.")] = False
    limit: Annotated[Literal[0] | None, Field(description="Only null: a part of a submission cannot be scored.")] = None
    delay: Annotated[int | None, Field(ge=0, le=3_600_000)] = None
    verbose: bool | None = None


class IngestionConfig(ApiModel):
    """What was asked for, as it was understood."""

    dataset_name: str
    base_url: str
    source: str | None
    dry_run: bool
    force_overwrite: bool
    dataset: str


class IngestionAccepted(Answer):
    """The request is on the bus; /api/admin/ingestion-requests/{requestId} tells how it goes."""

    message: str
    config: IngestionConfig
    request_id: str
    verified: Annotated[
        bool,
        Field(description="The Hub lists the folder. False: it could not be asked; ingesters go on asking it."),
    ]


class RequestQuery(Query):
    """One request, by the id that start-ingestion or `arcwatch ingest` answered with."""

    request_id: RequestId


RequestState = Literal["queued", "waiting", "running", "done", "skipped", "failed"]


class RequestAnswer(Answer):
    """Where a request for an ingestion is."""

    request_id: str
    state: Annotated[
        RequestState,
        Field(
            description="queued: no ingester began with it; waiting: another ingestion of the model goes on, and it is"
            " next; running, done: `run` says how; skipped: nothing was to do, `reason` says why; failed: for good."
        ),
    ]
    dataset: str
    model: str
    dry_run: bool
    ahead: Annotated[Count | None, Field(description="While queued: how many requests are before it, at most.")] = None
    progress: Annotated[RequestProgress | None, Field(description="Null where this server has heard nothing yet.")] = (
        None
    )
    reason: Annotated[str | None, Field(description="Why it was skipped or failed.")] = None
    dead_letter: Annotated[bool, Field(description="`arcwatch dead replay` asks for it again, under the same id.")]
    run: Run | None = None


class SyncBody(Body):
    """Which dataset (all when left out), and whether what is new is ingested."""

    dataset: DatasetName | None = None
    auto_ingest: Annotated[bool | None, Field(description="Null: as HF_SYNC_AUTO_INGEST says.")] = None


class SyncAccepted(Answer):
    """The request is on the bus; /api/events tells what it found."""

    message: str
    request_id: str
