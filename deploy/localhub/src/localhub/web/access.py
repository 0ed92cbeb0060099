"""Who may see which dataset."""

import hmac
from dataclasses import dataclass, field

from localhub.credentials import token_of
from localhub.errors import HubError, RepoNotFoundError


@dataclass
class Access:
    """Datasets are open unless listed here. Without a `token` the server accepts any."""

    token: str | None = None
    private: set[str] = field(default_factory=set)
    gated: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        if (self.private or self.gated) and not self.token:
            raise ValueError("Private and gated datasets need a token: pass the one that opens them")

    def authenticate(self, authorization: str) -> bool:
        """Tell whether the caller is known; a token that is not ours is refused outright."""
        if not authorization:
            return False
        token = token_of(authorization)
        if self.token and not hmac.compare_digest(token.encode(), self.token.encode()):
            raise HubError(401, "Invalid credentials in Authorization header")
        return True

    def check(self, repo: str, *, authenticated: bool, content: bool) -> None:
        """Refuse what the caller may not see. A gated dataset shows its card, not its content."""
        if repo in self.private and not authenticated:
            raise RepoNotFoundError(authenticated=False)
        if content and repo in self.gated and not authenticated:
            raise HubError(403, f"Access to dataset {repo} is restricted; ask for access first", "GatedRepo")
