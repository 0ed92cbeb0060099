"""Names of folders: which may be a model, and how its attempts are called."""

import unicodedata

MAX_NAME_BYTES = 255  # bytes, as git and file systems have it


def is_plain_folder_name(name: str) -> bool:
    """Tell whether a name can be one folder of a repository: the only names that may reach the Hub or a path."""
    if not name or name.startswith(".") or "/" in name:
        return False
    # Cc: control characters; Cs: lone surrogates, which no UTF-8 can hold.
    if any(unicodedata.category(character) in {"Cc", "Cs"} for character in name):
        return False
    return len(name.encode()) <= MAX_NAME_BYTES


def attempt_model_name(folder: str, number: int) -> str:
    """Name one attempt of a model as the table `explanations` has it in model_name."""
    return f"{folder}-attempt{number}"
