"""How the C library keeps memory: large files come and go, and what they held must not stay."""

import contextlib
import ctypes

_M_MMAP_THRESHOLD = -3  # malloc.h of glibc
# glibc raises its threshold to the largest block ever freed, and then keeps blocks of that size: 43 files of 5 to 15 MB
# had a peak of 178 to 200 MB, by chance, and with a fixed threshold 169 MB every time.
THRESHOLD_BYTES = 1024 * 1024


def return_large_blocks() -> None:
    """Give blocks of more than a megabyte back to the system as soon as they are free; without glibc, do nothing."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(_M_MMAP_THRESHOLD, THRESHOLD_BYTES)
