"""What the Hub refuses, and how it says so: a status, a code in `X-Error-Code`, a sentence."""

from aiohttp import web
from aiohttp.typedefs import Handler


class HubError(Exception):
    """A refusal that becomes one HTTP answer, from which the client raises its own exception."""

    def __init__(self, status: int, message: str, code: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        # A header has no line breaks, and what was asked for may.
        self.headers = {"X-Error-Message": message if message.isprintable() else repr(message)}
        if code:
            self.headers["X-Error-Code"] = code
        if status == web.HTTPUnauthorized.status_code:
            self.headers["WWW-Authenticate"] = 'Bearer realm="Authentication required"'


class RepoNotFoundError(HubError):
    """The dataset is missing or private. Without a token the Hub answers 401 for both."""

    def __init__(self, *, authenticated: bool) -> None:
        status, message = (404, "Repository not found") if authenticated else (401, "Invalid username or password.")
        super().__init__(status, message, "RepoNotFound")


class MovedError(HubError):
    """The dataset is kept under another name: it was renamed, or was asked for in another letter case."""

    def __init__(self, location: str) -> None:
        super().__init__(307, "Temporary Redirect")
        self.headers["Location"] = location


class RevisionNotFoundError(HubError):
    """No such branch, or a commit that a squash took away."""

    def __init__(self, revision: str) -> None:
        super().__init__(404, f"Invalid rev id: {revision}", "RevisionNotFound")


class EntryNotFoundError(HubError):
    """No such file or folder at this revision."""

    def __init__(self, path: str) -> None:
        super().__init__(404, f"Entry not found: {path}", "EntryNotFound")


@web.middleware
async def answer_refusals(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn a refusal into its answer."""
    try:
        return await handler(request)
    except HubError as error:
        return web.json_response({"error": str(error)}, status=error.status, headers=error.headers)
