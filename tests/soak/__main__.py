"""`make soak SEEDS="1 2 3"`: run seeds one after the other; the exit status is 1 where one found something."""

import argparse
import asyncio
import sys
import tempfile
from pathlib import Path

from tests.soak.plan import plan
from tests.soak.run import soak


def main() -> None:
    """Run the seeds, and name those that found something."""
    parser = argparse.ArgumentParser(prog="make soak", description=__doc__)
    parser.add_argument("seeds", nargs="*", type=int, default=[1], metavar="SEED")
    parser.add_argument("--seconds", type=float, default=120.0, help="how long each breaks things (120)")
    parser.add_argument("--plan", action="store_true", help="only show what would happen")
    options = parser.parse_args()
    failed = [seed for seed in options.seeds if not _passes(seed, options.seconds, options.plan)]
    if failed:
        seeds = " ".join(map(str, failed))
        sys.exit(f'found something: make soak SEEDS="{seeds}" ARGS="--seconds {options.seconds:g}"')


def _passes(seed: int, seconds: float, only_show: bool) -> bool:  # noqa: FBT001 - an option
    if only_show:
        print("\n".join(map(str, plan(seed, seconds))))
        return True
    folder = Path(tempfile.mkdtemp(prefix=f"arcwatch-soak-{seed}-"))
    print(f"seed {seed}: logs are in {folder}", flush=True)
    problems = asyncio.run(soak(seed, seconds, folder, lambda line: print(line, flush=True)))
    print("\n".join(problems) or f"seed {seed}: all agree", flush=True)
    return not problems


if __name__ == "__main__":
    main()
