"""From a URL that an admin gives to one of our datasets on the configured Hub. Pure.

A URL from outside must never choose where this server connects to, least of all with the Hub's token.
"""

import re
from collections.abc import Sequence
from urllib.parse import unquote

from common.process.choices import not_watched, watched

from query_api.schemas.problems import ProblemError

_BARE = re.compile(r"[\w.-]+/[\w.-]+")
_REST = re.compile(r"/datasets/([\w.-]+/[\w.-]+)(?:/(?:resolve|tree|blob|raw)/[^?#]*)?/?")


def dataset_of(base_url: str, endpoint: str, configured: Sequence[str]) -> str:
    """Return the dataset that a URL (or plain name) means; raises a ProblemError for any other place."""
    name = _named(unquote(base_url), endpoint)
    if name is None:
        raise ProblemError(
            422, f"baseUrl must be a dataset's page on {endpoint}, such as {endpoint}/datasets/{configured[0]}"
        )
    if (dataset := watched(name, configured)) is None:
        raise ProblemError(422, not_watched(name, configured))
    return dataset


def _named(base_url: str, endpoint: str) -> str | None:
    if _BARE.fullmatch(base_url):
        return base_url
    if not base_url.startswith(f"{endpoint}/"):
        return None
    found = _REST.fullmatch(base_url.removeprefix(endpoint))
    return found[1] if found else None
