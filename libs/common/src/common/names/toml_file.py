"""Reads a registry's file: groups of folders with what is known of their models; docs/names.md shows one."""

import re
import tomllib
from collections.abc import Callable, Iterator
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from common.names.fields import FIELDS, Entry, NameFields, Text
from common.names.folders import is_plain_folder_name
from common.process.wording import in_words


class NamesFileError(ValueError):
    """A registry's file cannot be used: which one, where, and why, in one line."""


class _Group(NameFields):
    """Folders of one model, and what they share."""

    folders: tuple[str, ...] = ()
    names: dict[str, Text] = Field({}, description="Display names by folder.")
    source: Text | None = None
    sources: dict[str, Text] = Field({})


class _File(BaseModel):
    """The whole file. `sources` spells out what groups call by a word."""

    model_config = ConfigDict(extra="forbid")

    sources: dict[str, Text] = Field({})
    models: tuple[_Group, ...] = ()


def read(load: Callable[[], bytes], path: str) -> dict[str, Entry]:
    """Return what a file says of each folder; raise NamesFileError with the file, the line, and the key."""
    try:
        text = load().decode()
        document = tomllib.loads(text)
    except OSError as error:
        raise NamesFileError(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise NamesFileError(f"{path} is not UTF-8") from error
    except tomllib.TOMLDecodeError as error:
        raise NamesFileError(f"{path} is not TOML: {error}") from error
    try:
        parsed = _File.model_validate(document)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise _wrong(path, text, first["loc"], in_words(first)) from error
    return _entries(parsed, path, text)


def _entries(parsed: _File, path: str, text: str) -> dict[str, Entry]:
    found: dict[str, Entry] = {}
    for place, group in enumerate(parsed.models):
        at: tuple[Any, ...] = ("models", place)
        if unknown := sorted(group.sources.keys() - set(FIELDS)):
            raise _wrong(path, text, (*at, "sources", unknown[0]), f"is no field; there are {', '.join(FIELDS)}")
        for key, folder in _folders(group):
            if not is_plain_folder_name(folder):
                raise _wrong(path, text, (*at, key, folder), "no folder can be called this")
            if folder in found:
                raise _wrong(path, text, (*at, key, folder), "this folder is listed before")
            found[folder] = _entry(group, folder, parsed.sources, path)
        if not (group.names or group.folders):
            raise _wrong(path, text, at, "names no folder: give it folders or names")
    return found


def _folders(group: _Group) -> Iterator[tuple[str, str]]:
    yield from (("names", folder) for folder in group.names)
    yield from (("folders", folder) for folder in group.folders)


def _entry(group: _Group, folder: str, said: dict[str, str], path: str) -> Entry:
    fields = {name: getattr(group, name) for name in FIELDS}
    if folder in group.names:
        fields["display_name"] = group.names[folder]
    words = {name: group.sources.get(name, group.source or path) for name, value in fields.items() if value is not None}
    return Entry(NameFields(**fields), {name: said.get(word, word) for name, word in words.items()})


def _wrong(path: str, text: str, loc: tuple[Any, ...], reason: str) -> NamesFileError:
    key = ".".join(str(part + 1) if isinstance(part, int) else part for part in loc)
    return NamesFileError(f"{path}, line {_line(text, loc)}: {key}: {reason}")


def _line(text: str, loc: tuple[Any, ...]) -> int:
    """Return the line of a key, or of the group that it is in; TOML's reader tells none."""
    lines = text.splitlines()
    heads = [number for number, line in enumerate(lines) if re.match(r"\s*\[\[\s*models\s*]]", line)]
    place = loc[1] if len(loc) > 1 and isinstance(loc[1], int) else None
    start = heads[place] if place is not None and place < len(heads) else 0
    end = next((head for head in heads if head > start), len(lines)) if place is not None else len(lines)
    for key in (part for part in reversed(loc) if isinstance(part, str)):
        for number in range(start, end):
            if re.search(
                rf"(?<![\w-])(?:\"{re.escape(key)}\"|'{re.escape(key)}'|{re.escape(key)})(?![\w-])", lines[number]
            ):
                return number + 1
    return start + 1
