"""What the Hub refuses, and how it says so: a status, a code in `X-Error-Code`, a sentence."""

from aiohttp import web


class HubError(Exception):
    """A refusal that becomes one HTTP answer, from which the client raises its own exception."""

    def __init__(self, status: int, message: str, code: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.code = code

    def response(self) -> web.Response:
        headers = {"X-Error-Message": self.message}
        if self.code:
            headers["X-Error-Code"] = self.code
        if self.status == web.HTTPUnauthorized.status_code:
            headers["WWW-Authenticate"] = 'Bearer realm="Authentication required"'
        return web.json_response({"error": self.message}, status=self.status, headers=headers)


class RepoNotFoundError(HubError):
    """The dataset is missing or private. Without a token the Hub answers 401 for both."""

    def __init__(self, *, authenticated: bool) -> None:
        if authenticated:
            super().__init__(404, "Repository not found", "RepoNotFound")
        else:
            super().__init__(401, "Invalid username or password.", "RepoNotFound")


class GatedRepoError(HubError):
    """The dataset exists, and whoever asks has not been let in."""

    def __init__(self, repo: str) -> None:
        super().__init__(403, f"Access to dataset {repo} is restricted; ask for access first", "GatedRepo")


class RevisionNotFoundError(HubError):
    """No such branch, or a commit that a squash took away."""

    def __init__(self, revision: str) -> None:
        super().__init__(404, f"Invalid rev id: {revision}", "RevisionNotFound")


class EntryNotFoundError(HubError):
    """No such file or folder at this revision."""

    def __init__(self, path: str) -> None:
        super().__init__(404, f"Entry not found: {path}", "EntryNotFound")
