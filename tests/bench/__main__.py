"""`make bench`: every benchmark, or those named. Figures are medians of ratios to a floor or a rival in one run.

Nothing here passes or fails: the targets stand beside the figures, and a person judges. BENCH_DATABASE_URL names
an empty database to measure with in place of the embedded PostgreSQL.
"""

import argparse
import importlib
import pkgutil

from common.process import logs

import tests.bench


def main() -> None:
    """Run the benchmarks whose names were given, or all."""
    names = sorted(
        module.name.removeprefix("bench_")
        for module in pkgutil.iter_modules(tests.bench.__path__)
        if module.name.startswith("bench_")
    )
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one or more of: {', '.join(names)} (all)")
    parser.add_argument("--rounds", type=int, default=5, help="pairs of runs to take the median of (5)")
    options = parser.parse_args()
    if unknown := set(options.names) - set(names):
        parser.error(f"no benchmark {', '.join(sorted(unknown))}; there are: {', '.join(names)}")
    logs.configure("warning", "console", "bench")  # lines of ingestions would stand between the figures
    for name in options.names or names:
        importlib.import_module(f"tests.bench.bench_{name}").main(options.rounds)


if __name__ == "__main__":
    main()
