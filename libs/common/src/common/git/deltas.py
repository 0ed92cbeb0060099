"""Deltas: a blob as copies of parts of another, its base, and what is new. Pure."""

from typing import Final, NamedTuple

from common.git.errors import BadPackError

_COPY: Final = 0x80
# A copy without a length is of this many bytes.
_DEFAULT_LENGTH: Final = 0x10000
# Which bytes of offset (0 to 3) and length (4 to 6) follow a copy's code, as shifts of one number of both.
_SHIFTS: Final = tuple(tuple(8 * bit for bit in range(7) if code >> bit & 1) for code in range(0x80))
_OFFSET_BITS: Final = 32
_OFFSET_MASK: Final = (1 << _OFFSET_BITS) - 1
# Two bytes of offset and one of length: nine of ten copies in packs of submissions, and a third of the time less.
_COMMON_COPY: Final = 0x93
# Of seven bits each: more than any size that fits in memory.
_MOST_DIGITS: Final = 9


class Sizes(NamedTuple):
    """What a delta says of itself: the bytes of its base and of its result, and where its instructions begin."""

    base: int
    result: int
    start: int


def sizes_of(delta: bytes) -> Sizes:
    """Return what a delta's head says."""
    base, start = _size(delta, 0)
    return Sizes(base, *_size(delta, start))


def _size(delta: bytes, start: int) -> tuple[int, int]:
    size = 0
    for digit, byte in enumerate(delta[start : start + _MOST_DIGITS]):
        size |= (byte & 0x7F) << (7 * digit)
        if not byte & 0x80:
            return size, start + digit + 1
    raise BadPackError("corrupt", "a delta does not say its sizes")


def apply_delta(base: bytes, delta: bytes) -> bytes:
    """Return what a delta makes of its base: in the memory of the result, however many instructions there are."""
    sizes = sizes_of(delta)
    if sizes.base != len(base):
        raise BadPackError("corrupt", f"a delta for {sizes.base} bytes has a base of {len(base)}")
    try:
        return _result(base, delta, sizes)
    except IndexError:
        raise BadPackError("corrupt", "a delta ends within an instruction") from None


def _result(base: bytes, delta: bytes, sizes: Sizes) -> bytes:
    result = bytearray()
    place, room = sizes.start, sizes.result
    while place < len(delta):
        code = delta[place]
        place += 1
        if code < _COPY:
            length = code
            part = delta[place : place + length]
            place += length
        else:
            if code == _COMMON_COPY:
                offset, length = delta[place] | delta[place + 1] << 8, delta[place + 2] or _DEFAULT_LENGTH
                place += 3
            else:
                numbers = 0
                for shift in _SHIFTS[code ^ _COPY]:
                    numbers |= delta[place] << shift
                    place += 1
                offset, length = numbers & _OFFSET_MASK, numbers >> _OFFSET_BITS or _DEFAULT_LENGTH
            part = base[offset : offset + length]
        room -= length
        if room < 0 or not length:
            raise BadPackError("corrupt", "a delta makes more than it says, or has an unknown instruction")
        result += part
    # Also where a part reached beyond its source and came out shorter.
    if len(result) < sizes.result:
        raise BadPackError("corrupt", f"a delta makes {len(result)} bytes instead of {sizes.result}")
    return bytes(result)
