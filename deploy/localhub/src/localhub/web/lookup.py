"""From a request to the dataset it names, for whoever may see that."""

from aiohttp import web

from localhub.errors import MovedError, RepoNotFoundError
from localhub.repositories.datasets import Datasets
from localhub.repositories.repository import DatasetRepository
from localhub.web.access import Access


class Lookup:
    """Who asks, and for what."""

    def __init__(self, access: Access, datasets: Datasets) -> None:
        self._access = access
        self._datasets = datasets

    def authenticated(self, request: web.Request) -> bool:
        return self._access.authenticate(request.headers.get("Authorization", ""))

    def find(self, request: web.Request, *, content: bool = True, signed: bool = False) -> DatasetRepository:
        """Find the dataset that a request is for; the caller of a `signed` link is known."""
        known = signed or self.authenticated(request)
        asked = f"{request.match_info['owner']}/{request.match_info['name']}"
        repository = self._datasets.get(asked)
        name = asked if repository else self._datasets.canonical(asked)
        self._access.check(name, authenticated=known, content=content)
        if name != asked and self._datasets.get(name):
            raise MovedError(request.raw_path.replace(f"/datasets/{asked}", f"/datasets/{name}", 1))
        if repository is None:
            raise RepoNotFoundError(authenticated=known)
        return repository
