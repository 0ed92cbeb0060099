"""The largest numbers that the tables' columns hold, and the memory that one file may take."""

from dataclasses import dataclass

BIGINT = 2**63 - 1
INT4 = 2**31 - 1
MEBIBYTE = 1024 * 1024
# Official task files are up to 2 MB.
MAX_FILE_BYTES = 16 * MEBIBYTE
# What a file may take to be read, in sizes of the largest file: text takes five (see memory_estimate).
MEMORY_PER_BYTE = 6


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on one row's numbers, beyond which a number becomes null and is noted; and on one file's memory."""

    max_token: int = BIGINT
    max_ms: int = INT4
    max_cost: float = 1e300  # the sum of a hundred million such costs is still finite
    max_memory: int = MEMORY_PER_BYTE * MAX_FILE_BYTES
