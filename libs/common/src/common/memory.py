"""What a service does with memory once it has started."""

import gc


def settle() -> None:
    """Take what the start made out of the garbage collector's rounds: it stays, and each look at it takes a while.

    The libraries and two task sets are some 100,000 objects: a full round over them took 28 ms.
    """
    gc.collect()
    gc.freeze()
