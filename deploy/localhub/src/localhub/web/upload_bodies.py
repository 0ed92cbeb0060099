"""What an upload sends, in the JSON shapes of the Hub's API. A body of another shape is a bad request."""

from typing import Annotated, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from localhub.errors import HubError

Parsed = TypeVar("Parsed")
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
# Git takes others; the Hub does not.
Path = Annotated[str, Field(pattern=r"^[^\x00-\x1f\x7f]+$")]


class NewDataset(BaseModel):
    """What `create_repo` asks for. That it be private is left out: this Hub shows everybody what it holds."""

    name: str
    organization: str | None = None
    type: Literal["dataset"]


class OfferedFile(BaseModel):
    """A file that the client would send."""

    path: str
    size: int


class Offer(BaseModel):
    """The files of which the client asks how to send them."""

    files: list[OfferedFile]


class LargeFile(BaseModel):
    """A file's content, by its sha256."""

    oid: Sha256
    size: int


class LargeFiles(BaseModel):
    """The large files of which the client asks where to send them."""

    operation: Literal["upload"]
    objects: list[LargeFile]


class HeaderValue(BaseModel):
    """A commit's message, and the commit that it must follow, if any."""

    summary: str = ""
    description: str = ""
    parent: Annotated[str | None, Field(alias="parentCommit", pattern=r"^[0-9a-f]{40}$")] = None


class FileValue(BaseModel):
    """A file with its content."""

    model_config = ConfigDict(val_json_bytes="base64")
    path: Path
    content: bytes
    encoding: Literal["base64"]


class LargeFileValue(BaseModel):
    """A file whose content came before."""

    path: Path
    oid: Sha256


class PathValue(BaseModel):
    """A path alone."""

    path: str


class Header(BaseModel):
    """The first line of a commit."""

    key: Literal["header"]
    value: HeaderValue


class AddedFile(BaseModel):
    """A line of a commit: a file that comes with it."""

    key: Literal["file"]
    value: FileValue


class AddedLargeFile(BaseModel):
    """A line of a commit: a file that came before it."""

    key: Literal["lfsFile"]
    value: LargeFileValue


class Deletion(BaseModel):
    """A line of a commit: a file or a folder that goes."""

    key: Literal["deletedFile", "deletedFolder"]
    value: PathValue


Operation = AddedFile | AddedLargeFile | Deletion
NEW_DATASET = TypeAdapter(NewDataset)
OFFER = TypeAdapter(Offer)
LARGE_FILE = TypeAdapter(LargeFile)
LARGE_FILES = TypeAdapter(LargeFiles)
HEADER = TypeAdapter(Header)
OPERATION: TypeAdapter[Operation] = TypeAdapter(Annotated[Operation, Field(discriminator="key")])


def parse(shape: TypeAdapter[Parsed], body: bytes) -> Parsed:
    """Read a body, or a line of one."""
    try:
        return shape.validate_json(body)
    except ValidationError as error:
        problem = error.errors()[0]
        where = ".".join(map(str, problem["loc"]))
        raise HubError(400, f"Invalid body: {where or 'JSON'}: {problem['msg']}") from error
