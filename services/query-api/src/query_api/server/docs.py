"""/docs: Swagger UI over /openapi.json, from the files of an installed package, so that it works offline.

The package is a plug-in of mkdocs, which is not installed: its module is never imported, only its files are read.
"""

from importlib.metadata import files
from pathlib import Path
from typing import Final

from query_api.server.http import Handler
from query_api.server.static_files import static_file

_PACKAGE: Final = "mkdocs-swagger-ui-tag"
_ASSETS: Final = {
    "swagger-ui-bundle.js": "text/javascript; charset=utf-8",
    "swagger-ui.css": "text/css; charset=utf-8",
}
# Swagger UI sets styles from its script, and draws its icons as data URLs.
_POLICY: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
}

# Addresses are relative, so that they are right behind a proxy that serves all this below a path.
_HTML = b"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>arcwatch query API</title>
<script src="docs/theme.js"></script>
<link rel="icon" type="image/svg+xml" href="icon.svg">
<link rel="stylesheet" href="docs/swagger-ui.css">
</head>
<body>
<noscript>This page needs JavaScript; <a href="openapi.json">the OpenAPI document</a> does not.</noscript>
<div id="ui"></div>
<script src="docs/swagger-ui-bundle.js"></script>
<script src="docs/start.js"></script>
</body>
</html>
"""
# The theme chosen on the dashboard, or the system's, before the first paint; Swagger UI's own dark theme is a class.
_THEME = b"""const system = matchMedia("(prefers-color-scheme: dark)");
function apply() {
  let chosen = null;
  try { chosen = localStorage.getItem("arcwatch-theme"); } catch { /* storage is switched off */ }
  const dark = chosen === "dark" || (chosen !== "light" && system.matches);
  document.documentElement.classList.toggle("dark-mode", dark);
  document.documentElement.style.colorScheme = dark ? "dark" : "light";
}
apply();
system.addEventListener("change", apply);
addEventListener("storage", apply);
"""
_START = b"""const url = new URL("openapi.json", location.href).href;
SwaggerUIBundle({ url, dom_id: "#ui", deepLinking: true, validatorUrl: null });
"""


def pages() -> dict[str, Handler]:
    """Return what answers to every path of /docs."""
    found = {
        "/docs": static_file(_HTML, "text/html; charset=utf-8", _POLICY),
        "/docs/theme.js": static_file(_THEME, "text/javascript; charset=utf-8", _POLICY),
        "/docs/start.js": static_file(_START, "text/javascript; charset=utf-8", _POLICY),
    }
    there = {each.name: Path(str(each.locate())) for each in files(_PACKAGE) or ()}
    if missing := _ASSETS.keys() - there:
        raise FileNotFoundError(f"{_PACKAGE} holds no {', '.join(sorted(missing))}: install the locked dependencies")
    for name, content_type in _ASSETS.items():
        found[f"/docs/{name}"] = static_file(there[name].read_bytes(), content_type, _POLICY)
    return found
