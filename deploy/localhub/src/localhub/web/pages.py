"""Plain pages for a browser, at the addresses where the Hub has its own."""

from collections.abc import Iterable, Mapping
from html import escape
from urllib.parse import quote

from aiohttp import web
from dulwich.objects import Commit

from localhub.repositories.history import date_of, title_of
from localhub.repositories.repository import DatasetRepository


def datasets_page(names: Iterable[str]) -> web.Response:
    return _page("Datasets", {f"/datasets/{name}": name for name in names})


def folder_page(repository: DatasetRepository, commit: Commit, request: web.Request) -> web.Response:
    """List a folder, with links to folders and to the files themselves."""
    path = request.match_info.get("path", "").strip("/")
    links = {}
    for entry in repository.entries(commit, path):
        name = entry.path.rpartition("/")[2]
        kind, shown = ("tree", f"{name}/") if entry.size is None else ("resolve", name)
        links[f"/datasets/{repository.name}/{kind}/main/{entry.path}"] = shown
    title = f"{repository.name}/{path}" if path else repository.name
    note = f"Commit {commit.id.decode()[:12]}, {date_of(commit):%Y-%m-%d %H:%M} UTC: {title_of(commit)}"
    return _page(title, links, note)


def _page(title: str, links: Mapping[str, str], note: str = "") -> web.Response:
    items = "".join(f'<li><a href="{escape(quote(target))}">{escape(name)}</a>' for target, name in links.items())
    body = f"<h1>{escape(title)}</h1><p>{escape(note)}</p><ul>{items or '<li>Nothing yet'}</ul>"
    head = f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(title)}</title>'
    return web.Response(text=head + body, content_type="text/html")
