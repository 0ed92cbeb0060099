"""One channel: where its messages go, and which news it takes."""

from collections.abc import Collection
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import BaseModel, ConfigDict, Field, SecretStr, StringConstraints, model_validator

from notifier.news.news import News, NewsKind

ChannelKind = Literal["webhook", "slack", "discord", "email", "apprise"]
Glob = Annotated[str, StringConstraints(min_length=1, max_length=255)]
_DAY_SECONDS = 86_400.0
# What others than the operator of the notifier may see of a channel, besides its name and kind.
_SHOWN = {"events", "datasets", "models", "min_score", "digest_seconds", "digest_max_seconds"}


class Channel(BaseModel):
    """As the file has it. What is secret may stand in another file, which is read at each use: it can be changed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z_-]{1,64}$")]
    kind: ChannelKind
    url: SecretStr | None = None
    url_file: Path | None = None
    # Of a webhook; during a change the new one and the old one, with white space between them.
    secret: SecretStr | None = None
    secret_file: Path | None = None
    events: Annotated[tuple[NewsKind, ...], Field(min_length=1)] = get_args(NewsKind)
    datasets: tuple[Glob, ...] = ()
    models: tuple[Glob, ...] = ()
    # A fraction of 1; of landings alone.
    min_score: Annotated[float, Field(ge=0, le=1)] | None = None
    # A message waits until nothing was added for so long; with 0 each piece of news is a message.
    digest_seconds: Annotated[float, Field(ge=0, le=_DAY_SECONDS)] = 60.0
    # But never longer than this after its first piece.
    digest_max_seconds: Annotated[float, Field(ge=0, le=_DAY_SECONDS)] = 3_600.0
    # Whether it may lead to this machine, or into a private network.
    allow_private: bool = False

    @model_validator(mode="after")
    def _once(self) -> Self:
        if (self.url is None) == (self.url_file is None):
            raise ValueError("give it url or url_file, and not both")
        if self.kind == "webhook" and (self.secret is None) == (self.secret_file is None):
            raise ValueError("give a webhook secret or secret_file, and not both")
        if self.kind != "webhook" and (self.secret is not None or self.secret_file is not None):
            raise ValueError("only a webhook has a secret")
        return self

    def takes(self, news: News) -> bool:
        """Tell whether this is for the channel."""
        return (
            news.kind in self.events
            and _matches(self.datasets, news.dataset)
            and _matches(self.models, news.model)
            and (self.min_score is None or news.kind != "landing" or (news.score or 0.0) >= self.min_score)
        )

    def filters(self) -> dict[str, Any]:
        """Return which news it takes and how long its messages wait, in the file's words; nothing that is secret."""
        return self.model_dump(mode="json", include=_SHOWN)

    def current_url(self) -> str:
        """Return the URL as it is now; raise OSError where its file cannot be read."""
        return _current(self.url, self.url_file)

    def current_secrets(self) -> list[str]:
        """Return the secrets to sign with, the newest first; raise OSError where their file cannot be read."""
        return _current(self.secret, self.secret_file).split()


def _matches(globs: Collection[str], name: str) -> bool:
    return not globs or any(fnmatchcase(name, glob) for glob in globs)


def _current(given: SecretStr | None, file: Path | None) -> str:
    if given is not None:
        return given.get_secret_value().strip()
    return file.read_text().strip() if file is not None else ""
