"""Every connection is opened in one place, where URLs are read and waits are bounded."""

import re

from tests.structure.measure import ROOT, packages

# The embedded PostgreSQL is asked whether it is there, by its own socket.
EXCEPTIONS = {"libs/common/src/common/database/connect.py", "deploy/local/src/arcwatch/embedded/postgres.py"}
_OPENS = re.compile(r"\basyncpg\.(?:connect|create_pool|Pool)\(")


def test_nothing_else_opens_connections() -> None:
    opening = {
        file.relative_to(ROOT).as_posix()
        for package in packages()
        for file in package.rglob("*.py")
        if any(_OPENS.search(line) and not line.startswith("class ") for line in file.read_text().splitlines())
    }
    assert opening == EXCEPTIONS
