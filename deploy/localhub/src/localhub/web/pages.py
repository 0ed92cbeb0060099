"""Plain pages for a browser, at the addresses where the Hub has its own."""

from collections.abc import Iterable, Mapping
from html import escape
from urllib.parse import quote

from aiohttp import web

from localhub.repositories.history import CommitRecord
from localhub.repositories.repository import Entry


def datasets_page(names: Iterable[str]) -> web.Response:
    return _page("Datasets", {f"/datasets/{name}": name for name in names})


def folder_page(repo: str, commit: CommitRecord, path: str, entries: Iterable[Entry]) -> web.Response:
    """List a folder, with links to folders and to the files themselves."""
    links = {}
    for entry in entries:
        kind = "resolve" if entry.blob else "tree"
        name = entry.path.rpartition("/")[2]
        links[f"/datasets/{repo}/{kind}/main/{entry.path}"] = name if entry.blob else f"{name}/"
    title = f"{repo}/{path}" if path else repo
    return _page(title, links, f"Commit {commit.sha[:12]}, {commit.date:%Y-%m-%d %H:%M} UTC: {commit.title}")


def _page(title: str, links: Mapping[str, str], note: str = "") -> web.Response:
    items = "".join(f'<li><a href="{escape(quote(target))}">{escape(name)}</a>' for target, name in links.items())
    body = f"<h1>{escape(title)}</h1><p>{escape(note)}</p><ul>{items or '<li>Nothing yet'}</ul>"
    head = f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(title)}</title>'
    return web.Response(text=head + body, content_type="text/html")
