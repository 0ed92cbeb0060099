"""The version of the rules by which submissions are read and scored; every score carries it."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

RULES: Final[Mapping[int, str]] = MappingProxyType(
    {
        1: "one file for each task, directly in the model's folder",
        2: "nested folders and one file for all tasks are read, names in any letter case; for figures only: tokens "
        "by Anthropic's names, a total that is input and output, a cost that is a number, a duration in seconds",
    }
)
"""What each version brought. A change that can change a score or a figure is a new one."""

RULES_VERSION: Final = max(RULES)

FILES_READ_ANEW: Final = 2
"""The last version that changed which files are read, or what of them: only an ingestion brings older scores to it."""
