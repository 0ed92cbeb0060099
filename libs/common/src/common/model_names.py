"""Names of models: what a folder may be called, and how it reads on a dashboard."""

import re
import unicodedata

MAX_NAME_BYTES = 255  # bytes, as git and file systems have it

_SPELLINGS = {
    "ai": "AI",
    "arc": "ARC",
    "deepseek": "DeepSeek",
    "glm": "GLM",
    "gpt": "GPT",
    "hrm": "HRM",
    "llm": "LLM",
    "minimax": "MiniMax",
    "openai": "OpenAI",
    "oss": "OSS",
    "qwq": "QwQ",
    "trm": "TRM",
    "xai": "xAI",
}
_DATE = r"(20\d\d)[-_]?(0[1-9]|1[0-2])[-_]?(0[1-9]|[12]\d|3[01])"
_TOKEN = re.compile(rf"(?<![^-_ ])(?:{_DATE}|\d\d[-_]\d\d|[1-9]?\d(?:-[1-9]?\d)+|[^-_ ]+)(?![^-_ ])")
_EFFORT = r"minimal|low|medium|high|xhigh|\d+k"
_MODE = re.compile(rf"(?i)[-_ ]((?:non[-_ ])?(?:thinking|reasoning)(?:[-_ ](?:{_EFFORT}|none|max))*|{_EFFORT})$")
_LETTER_AND_NUMBER = re.compile(r"[a-z]\d[\da-z.]*|\d+(?:\.\d+)?[bt]")
_O_SERIES = re.compile(r"o\d")


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


def display_name(folder: str) -> str:
    """Spell a folder's name for people; a name that follows no custom is only capitalised.

    >>> display_name("gemini-3-flash-preview-thinking-high")
    'Gemini 3 Flash Preview (thinking high)'
    """
    name, mode = _split_mode(folder)
    words = " ".join(_spell(token) for token in _TOKEN.finditer(name))
    return f"{words} ({mode})" if mode else words or folder


def _split_mode(folder: str) -> tuple[str, str]:
    found = _MODE.search(folder)
    # "magistral-medium" is a size, "o3-medium" an effort: only numbered models have efforts.
    if not found or not re.search(r"\d", folder[: found.start()]):
        return folder, ""
    return folder[: found.start()], re.sub(r"[-_ ]", " ", found[1]).lower()


def _spell(token: re.Match[str]) -> str:
    text = token[0]
    if token[1]:
        return "-".join(token.groups())
    if re.fullmatch(r"\d\d[-_]\d\d", text):  # a month and a day
        return text.replace("_", "-")
    if re.fullmatch(r"[\d-]+", text):  # 5-2 is version 5.2
        return text.replace("-", ".")
    return _spell_word(text)


def _spell_word(word: str) -> str:
    if word in _SPELLINGS:
        return _SPELLINGS[word]
    if word != word.lower() or _O_SERIES.match(word):
        return word
    return word.upper() if _LETTER_AND_NUMBER.fullmatch(word) else word[:1].upper() + word[1:]
