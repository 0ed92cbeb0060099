"""`python -m deploy.release`: set the version, or build what is released. `make release` does the second."""

import argparse
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from deploy.release import build, changelog, versions

ROOT = Path(__file__).parents[2]


def main() -> None:
    """Run one of the two commands; the exit status is 1 where that fails."""
    parser = argparse.ArgumentParser(prog="python -m deploy.release", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    setting = commands.add_parser("version", help="set the version in every file that names it, and in the changelog")
    setting.add_argument("version", metavar="X.Y.Z")
    building = commands.add_parser("build", help="wheels, their requirements, the client, bills of materials, hashes")
    building.add_argument("--out", type=Path, default=ROOT / "dist", help="the folder (dist); what is in it goes")
    options = parser.parse_args()
    try:
        if options.command == "version":
            _set(options.version)
        else:
            build.build(ROOT, options.out, _say)
            _say(f"{options.out} holds arcwatch {versions.current(ROOT)}: {len(list(options.out.iterdir()))} files")
    except (versions.VersionError, changelog.ChangelogError, build.FolderError, subprocess.CalledProcessError) as error:
        sys.exit(f"error: {error}")


def _set(version: str) -> None:
    log = ROOT / "CHANGELOG.md"
    text = changelog.released(log.read_text(), version, datetime.now(UTC).date())
    changed = versions.write(ROOT, version)
    log.write_text(text)
    _say("\n".join(["changed:", *(f"  {each}" for each in [*changed, log.name])]))
    _say("next: make install lock docs, the tests, a commit, a tag, and `make release`")


def _say(line: str) -> None:
    print(line, flush=True)  # noqa: T201 - a command's own output


if __name__ == "__main__":
    main()
