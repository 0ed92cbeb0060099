"""Ways in which a Hub fails at git: what comes instead of the pack, and what is wrong with one that comes."""

import asyncio
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from aiohttp import web
from dulwich.objects import Blob
from localhub.git.answers import refuse
from localhub.git.pack import write_pack
from localhub.git.pkt_lines import Mark, pkt_line, section, sideband
from localhub.repositories.packed import StoredObject
from localhub.web.download import body_of

from tests.support.hub import git_packs
from tests.support.hub.faults import ConnectionCut, Exchange, is_gone
from tests.support.hub.git_client import objects_in, pack_in

_PACKFILE = section("packfile")
_KEEPALIVE = pkt_line(b"\1")  # an empty piece of the pack, by which git shows that it is at work


@dataclass(frozen=True)
class ErrorLine:
    """An error as git's protocol words it: status 200, and one line."""

    text: str = "upload-pack: internal error"

    async def respond(self, exchange: Exchange) -> web.StreamResponse:
        return _replaced(await exchange.answer(), refuse(self.text))


@dataclass(frozen=True)
class ErrorBand:
    """A part of the pack comes, and then the band on which a server says that it gave up."""

    keep: float = 0.5
    text: str = "git upload-pack: git-pack-objects died with error."

    async def respond(self, exchange: Exchange) -> web.StreamResponse:
        whole = await exchange.answer()
        part = _part(pack_in(body_of(whole)), self.keep)
        return _replaced(whole, b"".join([_PACKFILE, *sideband([part]), *sideband([self.text.encode()], band=3)]))


@dataclass(frozen=True)
class OldProtocol:
    """A server of versions 0 and 1: it lists its branches at once, and finds no request in one of version 2."""

    async def respond(self, exchange: Exchange) -> web.StreamResponse:
        whole = await exchange.answer()
        if not exchange.request.path.endswith("/info/refs"):
            return _replaced(whole, b"")  # git itself writes its complaint to the log of the server
        head = f"{'1' * 40} refs/heads/main\0multi_ack thin-pack side-band-64k ofs-delta agent=git/1.8\n"
        body = section("# service=git-upload-pack") + Mark.FLUSH.value + pkt_line(head.encode()) + Mark.FLUSH.value
        return _replaced(whole, body)


@dataclass(frozen=True)
class NoPack:
    """An answer without a pack, such as a request gets that was compressed."""

    async def respond(self, exchange: Exchange) -> web.StreamResponse:
        return _replaced(await exchange.answer(), Mark.FLUSH.value)


@dataclass(frozen=True)
class KeepAlive:
    """The pack never comes, and the server says all the time that it is at work."""

    every_seconds: float = 0.05

    async def respond(self, exchange: Exchange) -> web.StreamResponse:
        await exchange.answer()
        stream = web.StreamResponse(headers={"Content-Type": "application/x-git-upload-pack-result"})
        await stream.prepare(exchange.request)
        await stream.write(_PACKFILE)
        try:
            while not is_gone(exchange.request):
                await stream.write(_KEEPALIVE)
                await asyncio.sleep(self.every_seconds)
        except ConnectionError as gone:
            raise ConnectionCut from gone
        raise ConnectionCut


@dataclass(frozen=True)
class CutPack:
    """The pack ends early, though the answer around it is whole."""

    keep: float = 0.5

    async def respond(self, exchange: Exchange) -> web.StreamResponse:
        return await _spoiled(exchange, lambda pack: _part(pack, self.keep))


@dataclass(frozen=True)
class CorruptPack:
    """One byte is another one: of an object's compressed content, of the pack's checksum, or of a pkt-line's length."""

    where: Literal["object", "checksum", "length"] = "object"

    async def respond(self, exchange: Exchange) -> web.StreamResponse:
        if self.where == "length":
            whole = await exchange.answer()
            body = body_of(whole)
            return _replaced(whole, body.replace(_PACKFILE, _PACKFILE + b"zz", 1))
        return await _spoiled(exchange, self._corrupt)

    def _corrupt(self, pack: bytes) -> bytes:
        at = len(pack) // 2 if self.where == "object" else len(pack) - 1
        return pack[:at] + bytes([pack[at] ^ 0xFF]) + pack[at + 1 :]


@dataclass(frozen=True)
class MissingObjects:
    """A whole pack, without the last of what was asked for."""

    left_out: int = 1

    async def respond(self, exchange: Exchange) -> web.StreamResponse:
        return await _spoiled(exchange, lambda pack: _packed(_blobs(pack)[: -self.left_out]))


@dataclass(frozen=True)
class ForeignObjects:
    """A whole pack in which a blob that nobody asked for, of the same size, takes the place of the first."""

    async def respond(self, exchange: Exchange) -> web.StreamResponse:
        return await _spoiled(exchange, self._exchange)

    @staticmethod
    def _exchange(pack: bytes) -> bytes:
        first, *rest = _blobs(pack)
        return _packed([bytes(byte ^ 1 for byte in first), *rest])


@dataclass(frozen=True)
class PackBomb:
    """The first blob takes a thousandth of its size on the way; unless `honest`, its header names the right size."""

    size: int
    honest: bool = False

    async def respond(self, exchange: Exchange) -> web.StreamResponse:
        return await _spoiled(exchange, self._bomb)

    def _bomb(self, pack: bytes) -> bytes:
        first, *rest = _blobs(pack)
        declared = self.size if self.honest else len(first)
        bomb = StoredObject(Blob.from_string(first).id, Blob.type_num, declared, zlib.compress(bytes(self.size)))
        return b"".join(write_pack([bomb, *map(git_packs.whole, rest)]))


def _blobs(pack: bytes) -> list[bytes]:
    return list(objects_in(pack).values())


def _packed(blobs: list[bytes]) -> bytes:
    return b"".join(write_pack([git_packs.whole(blob) for blob in blobs]))


def _part(data: bytes, keep: float) -> bytes:
    return data[: int(len(data) * keep)]


async def _spoiled(exchange: Exchange, change: Callable[[bytes], bytes]) -> web.StreamResponse:
    """Answer with another pack, in pkt-lines that are as they should be."""
    whole = await exchange.answer()
    pack = change(pack_in(body_of(whole)))
    return _replaced(whole, b"".join([_PACKFILE, *sideband([pack]), Mark.FLUSH.value]))


def _replaced(whole: web.Response, body: bytes) -> web.Response:
    whole.body = body
    return whole
