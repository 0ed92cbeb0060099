"""What a service does with memory once it has started."""

import gc

# Objects that come before the garbage collector looks for cycles. With CPython's 700, 35 looks at what was just read
# took 13 ms of an ingestion of 400 files.
_YOUNG_OBJECTS = 10_000


def settle() -> None:
    """Take what the start made out of the garbage collector's rounds: it stays, and each look at it takes a while.

    The libraries and two task sets are some 100,000 objects: a full round over them took 28 ms.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG_OBJECTS, *gc.get_threshold()[1:])
