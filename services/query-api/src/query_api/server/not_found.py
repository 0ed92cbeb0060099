"""The page for an address that there is not: in words and with ways on for people, who come with a browser.

Whoever asks for JSON, or says nothing of what they want, gets a problem document instead.
"""

import base64
import difflib
import hashlib
import html
from collections.abc import Sequence
from typing import Final

from aiohttp import hdrs, web

from query_api.routes.access import SECURITY_HEADERS

_STYLE: Final = """
:root { color-scheme: light dark; }
body { margin: 0; background: light-dark(#f4f3ef, #0b0d12); color: light-dark(#15181f, #eef0f4);
  font: 1rem/1.55 ui-sans-serif, system-ui, sans-serif; }
main { max-width: 38rem; margin: 14vh auto 4rem; padding: 0 1.25rem; }
h1 { margin: 1.25rem 0 .5rem; font-size: 1.9rem; letter-spacing: -.02em; }
code { overflow-wrap: anywhere; background: light-dark(#e8e6de, #1a1e28); border-radius: .35rem;
  padding: .1rem .35rem; }
a { color: light-dark(#2450d8, #86a8ff); text-underline-offset: 3px; }
ul { padding-left: 1.1rem; }
li { margin: .3rem 0; }
:focus-visible { outline: 2px solid currentColor; outline-offset: 2px; }
"""
_HASH: Final = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_POLICY: Final = (
    f"default-src 'none'; style-src 'sha256-{_HASH}'; img-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
_WAYS: Final = (
    ("/", "Overview", "the latest model, and any other one"),
    ("/models", "Leaderboard", "every submission with its score and cost"),
    ("/tasks", "Tasks", "which task is solved by whom"),
    ("/ingestion", "Ingestion", "the schedule, what runs, and what ran"),
    ("/operations", "Operations", "what operators see and do"),
    ("/docs", "API", "every route that answers, to try out"),
    ("/feed.atom", "Feed", "new models for a feed reader"),
)


def wants_page(request: web.Request) -> bool:
    """Return whether a browser asks for a page to show: such a request names HTML, and no client of the API does."""
    accept = request.headers.get(hdrs.ACCEPT, "")
    return request.method in {hdrs.METH_GET, hdrs.METH_HEAD} and "text/html" in accept and "json" not in accept


def page(path: str, pages: Sequence[str], prefix: str) -> web.Response:
    """Answer with what there is instead; `pages` are the addresses among which the closest is named."""
    return web.Response(
        text=_HTML.format(
            style=_STYLE,
            prefix=html.escape(prefix),
            path=html.escape(path),
            guess=_guess(path.removeprefix(prefix), pages, prefix),
            ways="\n".join(
                f'<li><a href="{html.escape(prefix + where)}">{name}</a>: {what}</li>' for where, name, what in _WAYS
            ),
        ),
        status=404,
        content_type="text/html",
        charset="utf-8",
        headers={
            **SECURITY_HEADERS,
            "Content-Security-Policy": _POLICY,
            "Cache-Control": "no-store",
            "Vary": "Accept",
        },
    )


def _guess(path: str, pages: Sequence[str], prefix: str) -> str:
    known = [each for each in pages if each != "/"]
    close = difflib.get_close_matches(path.lower().rstrip("/"), known, n=1, cutoff=0.7)
    if not close:
        return ""
    return f'<p>Did you mean <a href="{html.escape(prefix + close[0])}">{close[0]}</a>?</p>'


_HTML: Final = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>There is no such page · arcwatch</title>
<link rel="icon" type="image/svg+xml" href="{prefix}/icon.svg">
<style>{style}</style>
</head>
<body>
<main>
<a href="{prefix}/">arcwatch</a>
<h1>There is no such page.</h1>
<p>Nothing is at <code>{path}</code>.</p>
{guess}
<p>What there is:</p>
<ul>
{ways}
</ul>
</main>
</body>
</html>
"""
