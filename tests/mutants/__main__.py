"""`make mutants`: changes one spot at a time and tells what no test notices. docs/mutants.md holds the results."""

import argparse
import sys

import pytest

from tests.mutants.python_mutants import mutants_of
from tests.mutants.runner import Runner
from tests.mutants.sql_mutants import sql_mutants_of
from tests.mutants.table import SQL, TESTS


def main() -> None:
    """Go through the mutants of the modules that were named, or of all."""
    parser = argparse.ArgumentParser(prog="make mutants", description=__doc__)
    parser.add_argument("modules", nargs="*", metavar="MODULE", help="such as ingester.submission.scoring (all)")
    parser.add_argument("--lines", type=int, nargs="*", default=[], help="only mutants of these lines")
    parser.add_argument("--tests", nargs="*", help="instead of those of the table")
    options = parser.parse_args()
    if unknown := set(options.modules) - set(TESTS):
        parser.error(f"no tests are named for {', '.join(sorted(unknown))}; see tests/mutants/table.py")
    for module in options.modules or TESTS:
        make = sql_mutants_of if module in SQL else mutants_of
        runner = Runner(module, make, set(options.lines))
        arguments = [
            "-q",
            "--no-header",
            "--no-summary",
            "-p",
            "no:cacheprovider",
            "-p",
            "no:xdist",
            "-o",
            "timeout=30",
        ]
        arguments += ["-W", "ignore::pytest.PytestAssertRewriteWarning"]  # hypothesis is here already
        status = pytest.main([*arguments, *(options.tests or TESTS[module])], plugins=[runner])
        if status not in {0, 5}:
            sys.exit(f"{module}: the tests themselves fail")
        lived = [verdict for verdict in runner.verdicts if verdict.survived]
        print(f"{module}: {len(runner.verdicts)} mutants, {len(runner.verdicts) - len(lived)} killed", flush=True)


if __name__ == "__main__":
    main()
