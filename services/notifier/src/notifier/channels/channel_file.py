"""Reads NOTIFICATIONS_FILE: a mistake is told in one line, with the channel and the key, and without what is secret."""

import re
import tomllib
from pathlib import Path
from typing import Any

from common.process.wording import in_words
from pydantic import ValidationError

from notifier.channels.channel import Channel
from notifier.channels.secrets import SecretFormatError, key_of

Channels = tuple[Channel, ...]

_SCHEMES = {
    "webhook": r"https?://[^/]+",
    "slack": r"(https://hooks\.slack\.com/services/|slack://)",
    "discord": r"(https://(\w+\.)?discord(app)?\.com/api/webhooks/|discord://)",
    "email": r"mailtos?://",
    "apprise": r"[a-z0-9+]+://",
}
_EXAMPLES = {
    "webhook": "https://example.com/hook",
    "slack": "https://hooks.slack.com/services/...",
    "discord": "https://discord.com/api/webhooks/...",
    "email": "mailtos://user:password@smtp.example.com?from=...&to=...",
    "apprise": "service://...",
}


class ChannelFileError(ValueError):
    """The file cannot be used: why, in one line."""


def read_channels(path: Path) -> Channels:
    """Return the channels of a file; raise ChannelFileError with the channel and the key that are wrong."""
    document = _parsed(path)
    if unknown := sorted(document.keys() - {"channels"}):
        raise ChannelFileError(f"{path}: {unknown[0]} is no key; there is only [[channels]]")
    tables = document.get("channels")
    if not isinstance(tables, list) or not tables:
        raise ChannelFileError(f"{path}: it names no channel: begin one with [[channels]]")
    found = tuple(_channel(table, number, path) for number, table in enumerate(tables, 1))
    names = [channel.name for channel in found]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise ChannelFileError(f"{path}: two channels are called {twice}")
    return found


def _parsed(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ChannelFileError(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ChannelFileError(f"{path} is not UTF-8") from error
    except tomllib.TOMLDecodeError as error:
        raise ChannelFileError(f"{path} is not TOML: {error}") from error


def _channel(table: Any, number: int, path: Path) -> Channel:
    name = table.get("name") if isinstance(table, dict) else None
    where = f"{path}: channel {number}" + (f" ({name})" if isinstance(name, str) else "")
    try:
        channel = Channel.model_validate(table)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        key = ".".join(str(part + 1) if isinstance(part, int) else part for part in first["loc"])
        raise ChannelFileError(f"{where}{f', {key}' if key else ''}: {in_words(first)}") from None
    files = {key: path.parent / given for key in ("url_file", "secret_file") if (given := getattr(channel, key))}
    channel = channel.model_copy(update=files)
    _check_secrets(channel, where)
    return channel


def _check_secrets(channel: Channel, where: str) -> None:
    """Look into the files of secrets too, and say nothing of what they hold."""
    try:
        url, secrets = channel.current_url(), channel.current_secrets()
    except OSError as error:  # without its name: where a secret stands by mistake
        raise ChannelFileError(f"{where}: url_file or secret_file cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ChannelFileError(f"{where}: url_file or secret_file is not UTF-8") from None
    if not re.match(_SCHEMES[channel.kind], url):
        raise ChannelFileError(f"{where}: the URL of this kind looks like {_EXAMPLES[channel.kind]}")
    if channel.kind == "webhook" and url.startswith("http://") and not channel.allow_private:
        raise ChannelFileError(f"{where}: only with allow_private may its URL be http: others could read along")
    if channel.kind == "webhook":
        if not secrets:
            raise ChannelFileError(f"{where}: its secret is empty")
        try:
            for secret in secrets:
                key_of(secret)
        except SecretFormatError as error:
            raise ChannelFileError(f"{where}: {error}") from None
