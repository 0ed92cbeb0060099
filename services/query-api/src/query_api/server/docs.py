"""/docs: Swagger UI over /openapi.json, from the files of an installed package, so that it works offline.

The package is a plug-in of mkdocs, which is not installed: its module is never imported, only its files are read.
"""

from importlib.metadata import files
from pathlib import Path
from typing import Final

from query_api.server.static_files import StaticFile

_PACKAGE: Final = "mkdocs-swagger-ui-tag"
_ASSETS: Final = {
    "swagger-ui-bundle.js": "text/javascript; charset=utf-8",
    "swagger-ui.css": "text/css; charset=utf-8",
}
# Swagger UI sets styles from its script, and draws its icons as data URLs.
POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

_HTML = b"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>arcwatch query API</title>
<link rel="stylesheet" href="/docs/swagger-ui.css">
</head>
<body>
<noscript>This page needs JavaScript; <a href="/openapi.json">the OpenAPI document</a> does not.</noscript>
<div id="ui"></div>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
</body>
</html>
"""
_START = b"""SwaggerUIBundle({ url: "/openapi.json", dom_id: "#ui", deepLinking: true, validatorUrl: null });
"""


def sources() -> dict[str, StaticFile]:
    """Return every file of /docs by its path."""
    found = {
        "/docs": StaticFile(_HTML, "text/html; charset=utf-8", POLICY),
        "/docs/start.js": StaticFile(_START, "text/javascript; charset=utf-8", POLICY),
    }
    for each in files(_PACKAGE) or ():
        if content_type := _ASSETS.get(each.name):
            found[f"/docs/{each.name}"] = StaticFile(Path(str(each.locate())).read_bytes(), content_type, POLICY)
    missing = _ASSETS.keys() - {path.rpartition("/")[2] for path in found}
    if missing:
        raise FileNotFoundError(f"{_PACKAGE} holds no {', '.join(sorted(missing))}: install the locked dependencies")
    return found
