"""What a client asks for: one command with its arguments."""

import re
from dataclasses import dataclass, field

from dulwich.objects import ObjectID

from localhub.git.pkt_lines import Mark, PktLineError, read_pkt_lines

_OID = re.compile(r"[0-9a-f]{40}")
# What a client may send, and what changes nothing here: packs are never thin, nothing is told of the progress, and
# there are no tags.
_WITHOUT_EFFECT = frozenset({"thin-pack", "no-progress", "include-tag"})


class GitError(Exception):
    """A refusal within the protocol: the client sees it as `remote error`."""


@dataclass(frozen=True, slots=True)
class Command:
    """One request: `ls-refs` or `fetch`, and its arguments."""

    name: str
    arguments: tuple[str, ...]


@dataclass(slots=True)
class FetchArguments:
    """What a `fetch` wants, what it has, and how it wants it."""

    wants: dict[ObjectID, None] = field(default_factory=dict)
    haves: dict[ObjectID, None] = field(default_factory=dict)
    shallow: set[ObjectID] = field(default_factory=set)
    depth: int | None = None
    without_blobs: bool = False
    offsets: bool = False
    done: bool = False


def read_command(body: bytes) -> Command:
    """Read the request: the command and capabilities, a delimiter, the arguments, a flush."""
    try:
        lines = list(read_pkt_lines(body))
    except PktLineError as error:
        raise GitError(f"protocol error: {error}") from error
    texts = [line if isinstance(line, Mark) else line.decode(errors="replace").removesuffix("\n") for line in lines]
    end_of_head = texts.index(Mark.DELIMITER) if Mark.DELIMITER in texts else len(texts)
    head, rest = (
        [text for text in part if isinstance(text, str)] for part in (texts[:end_of_head], texts[end_of_head:])
    )
    names = [text.removeprefix("command=") for text in head if text.startswith("command=")]
    if len(names) != 1:
        raise GitError("no command requested")
    return Command(names[0], tuple(rest))


def read_fetch(arguments: tuple[str, ...]) -> FetchArguments:
    """Read the arguments of a `fetch`; what this server does not do is refused, not passed over."""
    fetch = FetchArguments()
    for argument in arguments:
        name, _, value = argument.partition(" ")
        match name:
            case "want":
                fetch.wants[_oid(argument, value)] = None
            case "have":
                fetch.haves[_oid(argument, value)] = None
            case "shallow":
                fetch.shallow.add(_oid(argument, value))
            case "done":
                fetch.done = True
            case "ofs-delta":
                fetch.offsets = True
            case "deepen" if value.isdecimal() and int(value) > 0:
                fetch.depth = int(value)
            case "filter" if value == "blob:none":
                fetch.without_blobs = True
            case _ if name not in _WITHOUT_EFFECT:
                raise GitError(f"unexpected line: '{argument}'")
    return fetch


def _oid(argument: str, value: str) -> ObjectID:
    if not _OID.fullmatch(value):
        raise GitError(f"protocol error, expected to get object ID, not '{argument}'")
    return ObjectID(value.encode())
