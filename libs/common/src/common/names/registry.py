"""What is known of each folder's model, from all sources: an admin, the operator's file, the package's, the rules.

Each field comes from the first of them that says it, and tells which one that was.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType
from typing import Final

from common.names import conventions
from common.names.fields import FIELDS, Entry, Layer, ModelName, NameFields
from common.names.toml_file import read

Entries = Mapping[str, Entry]
"""By folder."""

_NONE: Final[Entries] = MappingProxyType({})
_BY_RULES: Final = "the folder's name"
# A view asks for each folder again and again.
_REMEMBERED: Final = 10_000


@cache
def packaged() -> Entries:
    """Return what the package lists."""
    text = files("common.names").joinpath("models.toml")
    return MappingProxyType(read(text.read_bytes, "models.toml"))


@dataclass(frozen=True)
class ModelNames:
    """Names from all sources. Equal ones give equal names."""

    admin: Entries = field(default_factory=lambda: _NONE)
    file: Entries = field(default_factory=lambda: _NONE)
    registry: Entries = field(default_factory=packaged)
    _known: dict[str, ModelName] = field(default_factory=dict, compare=False, repr=False)

    @classmethod
    def load(cls, users_file: Path | None) -> "ModelNames":
        """Read the operator's file, where there is one, and the package's; raise NamesFileError for a bad one."""
        return cls(file=read(users_file.read_bytes, str(users_file)) if users_file else _NONE)

    def with_admin(self, entries: Entries) -> "ModelNames":
        """Return the same with what an admin has set."""
        return self if entries == self.admin else replace(self, admin=entries, _known={})

    def of(self, folder: str) -> ModelName:
        """Return what is known of a folder's model."""
        if (found := self._known.get(folder)) is None:
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            found = self._known[folder] = self._merged(folder)
        return found

    def listed(self) -> set[str]:
        """Return the folders that an admin or the operator's file names."""
        return {*self.admin, *self.file}

    def _merged(self, folder: str) -> ModelName:
        said: dict[str, tuple[object, Layer, str]] = {}
        for layer, entry in self._said_of(folder):
            for name, value in dict(entry.fields).items():
                if value is not None:
                    said.setdefault(name, (value, layer, entry.origins.get(name, "")))
        return ModelName(
            NameFields.model_validate({name: each[0] for name, each in said.items()}),
            tuple((name, said[name][1]) for name in FIELDS if name in said),
            tuple((name, said[name][2]) for name in FIELDS if name in said),
        )

    def _said_of(self, folder: str) -> list[tuple[Layer, Entry]]:
        layers: tuple[tuple[Layer, Entries], ...] = (
            ("admin", self.admin),
            ("file", self.file),
            ("registry", self.registry),
        )
        found = [(layer, entries[folder]) for layer, entries in layers if folder in entries]
        return [*found, ("rules", Entry(conventions.fields_of(folder), dict.fromkeys(FIELDS, _BY_RULES)))]
