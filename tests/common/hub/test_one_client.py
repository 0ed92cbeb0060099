"""Promise: whoever asks the Hub does so by the one client: its proxies, certificates, quota, care for the token."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[3]
PRODUCT = (
    "libs/common/src",
    "services/watcher/src",
    "services/ingester/src",
    "services/query-api/src",
    "deploy/local/src",
)
CLIENTS = {"httpx2", "huggingface_hub", "requests", "urllib.request", "aiohttp.ClientSession", "aiohttp.request"}
# What they ask instead of the Hub.
EXCEPTED = {
    "arcwatch/clients/api.py": "the query API",
    "arcwatch/doctor/alert_checks.py": "Alertmanager",
    "arcwatch/embedded/demo.py": "the local Hub that it started, by no proxy",
}


def used(tree: ast.AST) -> Iterator[str]:
    """Yield the dotted names that a module imports, with their packages, or looks up."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (part for alias in node.names for part in (alias.name, alias.name.partition(".")[0]))
        elif isinstance(node, ast.ImportFrom):
            yield from (str(node.module), str(node.module).partition(".")[0])
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Attribute):
            yield ast.unparse(node)


def opens_connections(source: str) -> bool:
    """Tell whether a module makes HTTP requests of its own."""
    return not CLIENTS.isdisjoint(used(ast.parse(source)))


def test_only_the_one_client_opens_connections_to_the_hub() -> None:
    found = {
        str(file.relative_to(ROOT / part))
        for part in PRODUCT
        for file in (ROOT / part).rglob("*.py")
        if opens_connections(file.read_text())
    }
    assert {name for name in found if not name.startswith("common/hub/")} == EXCEPTED.keys()


def test_each_way_to_open_one_is_noticed() -> None:
    for source in (
        "import aiohttp\naiohttp.ClientSession()",
        "from aiohttp import ClientSession",
        "import huggingface_hub.utils",
        "from huggingface_hub import HfApi",
        "from urllib.request import urlopen",
        "from urllib import request",
        "import httpx2 as http",
    ):
        assert opens_connections(source), source
    assert not opens_connections("from aiohttp import web\nweb.Application()")
