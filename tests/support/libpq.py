"""The real libpq's reading of a URL: that of PostgreSQL's wheel."""

import ctypes
from functools import lru_cache

from arcwatch.embedded.postgres import bin_dir


class _Option(ctypes.Structure):
    _fields_ = (
        ("keyword", ctypes.c_char_p),
        ("envvar", ctypes.c_char_p),
        ("compiled", ctypes.c_char_p),
        ("val", ctypes.c_char_p),
        ("label", ctypes.c_char_p),
        ("dispchar", ctypes.c_char_p),
        ("dispsize", ctypes.c_int),
    )


@lru_cache(maxsize=1)
def _library() -> ctypes.CDLL:
    folder = bin_dir().parent / "lib"
    found = ctypes.CDLL(str(next(folder.glob("libpq.so.*"))))
    found.PQconninfoParse.restype = ctypes.POINTER(_Option)
    found.PQconninfoParse.argtypes = [ctypes.c_char_p, ctypes.POINTER(ctypes.c_char_p)]
    found.PQconninfoFree.argtypes = [ctypes.POINTER(_Option)]
    return found


def parsed(url: str) -> dict[str, str] | None:
    """Return what libpq reads in a URL, by its keywords; None where it refuses it."""
    options = _library().PQconninfoParse(url.encode(), None)
    if not options:
        return None
    found, index = {}, 0
    while keyword := options[index].keyword:
        if (value := options[index].val) is not None:
            found[keyword.decode()] = value.decode()
        index += 1
    _library().PQconninfoFree(options)
    return found
