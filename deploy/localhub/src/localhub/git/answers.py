"""What the server answers: which commands it knows, where the branch is, the pack that was asked for."""

from dulwich.objects import Commit

from localhub.git.commands import Command, FetchArguments, GitError, read_command, read_fetch
from localhub.git.pack import write_pack
from localhub.git.pkt_lines import Mark, pkt_line, section, sideband
from localhub.git.walk import Selection, Walk
from localhub.repositories.history import MAIN
from localhub.repositories.repository import DatasetRepository

AGENT = "agent=arcwatch-hub"
CAPABILITIES = ("version 2", AGENT, "ls-refs", "fetch=shallow filter", "object-format=sha1")


def advertise() -> bytes:
    """List what the server can do: the answer to a client's first request."""
    return section("# service=git-upload-pack") + Mark.FLUSH.value + section(*CAPABILITIES) + Mark.FLUSH.value


def refuse(message: str) -> bytes:
    """Say within the protocol that something cannot be answered."""
    return pkt_line(f"ERR {message}".encode())


def answer(repository: DatasetRepository, body: bytes) -> bytes:
    """Answer one request."""
    try:
        return _answer(repository, read_command(body))
    except GitError as error:
        return refuse(str(error))


def _answer(repository: DatasetRepository, command: Command) -> bytes:
    match command.name:
        case "ls-refs":
            return _ls_refs(repository.head(), command)
        case "fetch":
            return _fetch(repository, read_fetch(command.arguments))
        case _:
            raise GitError(f"invalid command '{command.name}'")


def _ls_refs(head: Commit, command: Command) -> bytes:
    main, sha = MAIN.decode(), head.id.decode()
    target = f" symref-target:{main}" if "symrefs" in command.arguments else ""
    prefixes = [text.removeprefix("ref-prefix ") for text in command.arguments if text.startswith("ref-prefix ")]
    refs = {"HEAD": f"{sha} HEAD{target}", main: f"{sha} {main}"}
    shown = (line for name, line in refs.items() if not prefixes or name.startswith(tuple(prefixes)))
    return section(*shown) + Mark.FLUSH.value


def _fetch(repository: DatasetRepository, fetch: FetchArguments) -> bytes:
    if not fetch.wants:
        return Mark.FLUSH.value
    walk = Walk(repository, fetch)
    selection = walk.select()
    sections = []
    if fetch.haves and not fetch.done:
        acknowledged = [f"ACK {oid.decode()}" for oid in walk.common]
        if not acknowledged:
            return section("acknowledgments", "NAK") + Mark.FLUSH.value
        # One commit that both have is enough: the branch has a single line of commits.
        sections.append(section("acknowledgments", *acknowledged, "ready"))
    if fetch.depth is not None:
        sections.append(section("shallow-info", *_ends(selection)))
    pack = sideband(write_pack(repository.read_stored(selection.oids), offsets=fetch.offsets))
    sections.append(b"".join([section("packfile"), *pack]))
    return Mark.DELIMITER.value.join(sections) + Mark.FLUSH.value


def _ends(selection: Selection) -> list[str]:
    shallow = [f"shallow {oid.decode()}" for oid in selection.shallow]
    return [*shallow, *(f"unshallow {oid.decode()}" for oid in selection.unshallow)]
