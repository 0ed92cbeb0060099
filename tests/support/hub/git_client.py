"""What a git client says to a Hub, and what is in the answer, read by dulwich."""

import io
from collections.abc import Iterable

import aiohttp
from dulwich.object_format import DEFAULT_OBJECT_FORMAT
from dulwich.pack import OFS_DELTA, REF_DELTA, PackData, PackInflater
from localhub.git.pkt_lines import Mark, read_pkt_lines, section

VERSION_2 = {"Git-Protocol": "version=2"}


def request_body(command: str, *arguments: str) -> bytes:
    head = section(f"command={command}", "object-format=sha1")
    return head + Mark.DELIMITER.value + section(*arguments) + Mark.FLUSH.value


def wants(oids: Iterable[str]) -> bytes:
    """Ask for objects, and say that there is nothing more to say."""
    return request_body("fetch", "ofs-delta", "no-progress", *(f"want {oid}" for oid in oids), "done")


def texts(answer: bytes) -> list[str]:
    """Read an answer of lines of text; marks are shown by their digits."""
    lines = read_pkt_lines(answer)
    return [(line.value if isinstance(line, Mark) else line).decode().removesuffix("\n") for line in lines]


def pack_in(answer: bytes) -> bytes:
    """Take the pack out of an answer."""
    lines = list(read_pkt_lines(answer))
    start = lines.index(b"packfile\n") + 1
    return b"".join(line[1:] for line in lines[start:] if isinstance(line, bytes) and line[0] == 1)


def objects_in(pack: bytes) -> dict[str, bytes]:
    """Read a pack with a right checksum: the content of each object by its oid."""
    with PackData.from_file(io.BytesIO(pack), DEFAULT_OBJECT_FORMAT) as data:
        data.check()
        return {each.id.decode(): each.as_raw_string() for each in PackInflater.for_pack_data(data)}


def kinds_in(pack: bytes) -> list[int]:
    """Name the kind of each object as the pack numbers it, deltas as such."""
    with PackData.from_file(io.BytesIO(pack), DEFAULT_OBJECT_FORMAT) as data:
        return [each.pack_type_num for each in data.iter_unpacked()]


def deltas_in(pack: bytes) -> int:
    """Count the objects of a pack that are told by their difference from another."""
    return sum(kind in {OFS_DELTA, REF_DELTA} for kind in kinds_in(pack))


async def post(web: aiohttp.ClientSession, repo: str, body: bytes, **headers: str) -> tuple[int, bytes]:
    options = {"headers": {**VERSION_2, **headers}, "allow_redirects": False}
    async with web.post(f"/datasets/{repo}/git-upload-pack", data=body, **options) as answer:  # type: ignore[arg-type]
        return answer.status, await answer.read()


async def fetched(web: aiohttp.ClientSession, repo: str, oids: Iterable[str]) -> dict[str, bytes]:
    """Fetch objects; answer the content of each that came."""
    status, answer = await post(web, repo, wants(oids))
    assert status == 200, answer
    return objects_in(pack_in(answer))
