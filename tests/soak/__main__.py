"""`make soak SEEDS="1 2 3"`: run seeds one after the other; the exit status is 1 where one found something."""

import argparse
import asyncio
import os
import sys
import tempfile
from pathlib import Path

from tests.soak.plan import FAULTS, plan
from tests.soak.run import soak


def main() -> None:
    """Run the seeds, and name those that found something."""
    parser = argparse.ArgumentParser(prog="make soak", description=__doc__)
    parser.add_argument("seeds", nargs="*", type=int, default=[1], metavar="SEED")
    parser.add_argument("--seconds", type=float, default=120.0, help="how long each breaks things (120)")
    parser.add_argument("--plan", action="store_true", help="only show what would happen")
    parser.add_argument("--without", action="append", default=[], choices=FAULTS, help="leave this kind of fault out")
    options = parser.parse_args()
    if options.plan:
        for seed in options.seeds:
            print(*plan(seed, options.seconds, options.without), sep="\n")
        return
    if os.geteuid() != 0 and "full_disk" not in options.without:
        sys.exit("small disks are mounted, which takes root; or leave them out: ARGS='--without full_disk'")
    failed = [seed for seed in options.seeds if not _passes(seed, options.seconds, options.without)]
    if failed:
        sys.exit(f"found something: seeds {' '.join(map(str, failed))}, of {options.seconds:g} s each")


def _passes(seed: int, seconds: float, without: list[str]) -> bool:
    folder = Path(tempfile.mkdtemp(prefix=f"arcwatch-soak-{seed}-"))
    print(f"seed {seed}: logs are in {folder}", flush=True)
    try:
        problems = asyncio.run(soak(seed, seconds, folder, lambda line: print(line, flush=True), without=without))
    except AssertionError as error:
        problems = [f"seed {seed}: {error}"]  # it did not start; the next one may
    print("\n".join(problems) or f"seed {seed}: all agree", flush=True)
    return not problems


if __name__ == "__main__":
    main()
