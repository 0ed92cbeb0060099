"""The texts of a row: who gave the answer, and what the model said."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

_LONGEST_NAME = 200
# What OpenAI's adapter writes for a summary is the one that it asked for.
_SETTINGS = frozenset({"auto", "concise", "detailed"})


def describe(metadata: Mapping[str, Any]) -> str:
    """Say who gave the answer; empty where the metadata does not tell."""
    model, provider = _name(metadata, "model"), _name(metadata, "provider")
    if not model:
        return ""
    return f"The answer was given by {model} through {provider}." if provider else f"The answer was given by {model}."


def reasoning_text(metadata: Mapping[str, Any]) -> str:
    """Return the model's reasoning, without its messages."""
    reasoning = (metadata.get(key) for key in ("reasoning_summary", "reasoning_content"))
    return _join(each for each in reasoning if not (isinstance(each, str) and each in _SETTINGS))


def message_text(metadata: Mapping[str, Any]) -> str:
    """Return the model's messages, without what it was told."""
    return _join(_messages(metadata.get("choices")))


def _messages(choices: Any) -> Iterator[Any]:
    for choice in choices if isinstance(choices, list) else ():
        message = choice.get("message") if isinstance(choice, dict) else None
        if isinstance(message, dict) and message.get("role") not in ("user", "system", "developer"):
            yield message.get("content")


def _join(values: Iterable[Any]) -> str:
    texts = (text for value in values for text in _texts(value))
    return "\n\n".join(text for text in texts if text.strip())


def _texts(value: Any) -> Iterator[str]:
    """Yield a text, or those of a list: of texts, or of parts as providers' APIs have them, {"text": ...}."""
    for each in value if isinstance(value, list) else (value,):
        text = each.get("text") if isinstance(each, dict) and isinstance(value, list) else each
        if isinstance(text, str):
            yield text


def _name(metadata: Mapping[str, Any], key: str) -> str:
    name = metadata.get(key)
    return name[:_LONGEST_NAME] if isinstance(name, str) else ""
