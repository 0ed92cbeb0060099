"""What a folder's name alone tells of its model: the last source, for what no registry lists. It never fails.

Customs of names are read, nothing else: a field that they do not tell stays unknown. docs/names.md lists them.
"""

import re
from datetime import date
from typing import Final, NamedTuple

from common.names.fields import MAX_TEXT, Kind, NameFields

# How names begin: the provider, the family, and a word that the name leaves out.
_FAMILIES: Final = tuple(
    (re.compile(rf"(?:{pattern})(?![a-z])", re.IGNORECASE), provider, family)
    for pattern, provider, family in (
        ("claude|opus|sonnet|haiku", "Anthropic", "Claude"),
        ("gpt|chatgpt|codex", "OpenAI", "GPT"),
        (r"o[1-9]", "OpenAI", "OpenAI o"),
        ("gemini", "Google", "Gemini"),
        ("gemma", "Google", "Gemma"),
        ("grok", "xAI", "Grok"),
        ("deepseek", "DeepSeek", "DeepSeek"),
        ("qwen|qwq|qvq", "Alibaba", "Qwen"),
        ("llama", "Meta", "Llama"),
        ("mistral|magistral|ministral|codestral|devstral|pixtral", "Mistral", "Mistral"),
        ("kimi", "Moonshot AI", "Kimi"),
        ("glm", "Z.ai", "GLM"),
        ("minimax", "MiniMax", "MiniMax"),
    )
)
_SPELLINGS: Final = {
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
# A family's word stands before its version with a hyphen: GPT-5.2, GLM-5.
_HYPHENATED: Final = re.compile(r"\b(GPT|GLM) (?=\d|OSS\b)")
_O_SERIES: Final = re.compile(r"o\d")
_O_VARIANT: Final = re.compile(r"^(o\d) (Mini|Pro)\b")

# Who only passes requests on, at either end of a name; before a known family, who made it, too.
_HOST: Final = re.compile(
    r"^(?:(?:baseten|fireworks|mulerouter|openrouter|together)[-_ ])|"
    r"[-_ ](?:azure|bedrock|fireworks|openai|openrouter|together|vertex)$",
    re.IGNORECASE,
)
_MAKER: Final = re.compile(r"^(?:anthropic|google|meta|mistralai|moonshotai|openai|xai|zai)[-_ ]", re.IGNORECASE)
_AGENTS: Final = {"claudeagentsdk": "Claude Agent SDK", "codexcli": "Codex CLI"}
_AGENT: Final = re.compile(rf"[-_ ]({'|'.join(_AGENTS)})$")

_DAY: Final = r"(0[1-9]|1[0-2])[-_]?(0[1-9]|[12]\d|3[01])"
_DATE: Final = re.compile(rf"[-_ ](20\d\d)[-_]?{_DAY}(?![^-_ ])")
# Of a preview the month and day: gemini-2-5-flash-preview-05-20.
_PREVIEW: Final = re.compile(rf"[-_ ]preview(?:[-_]{_DAY})?$", re.IGNORECASE)
_LEVEL: Final = r"none|minimal|low|medium|high|xhigh|max"
_MODE: Final = re.compile(
    rf"(?:[-_ ]+(?P<mode>(?:non[-_ ])?reasoning|thinking))?(?:[-_ ]+(?P<budget>\d{{1,4}}k))?"
    rf"(?:[-_ ]+(?P<level>{_LEVEL})(?:[-_ ]effort)?)?$",
    re.IGNORECASE,
)
_TOKEN: Final = re.compile(rf"(?<![^-_ ])(?:20\d\d{_DAY}|\d\d[-_]\d\d|[1-9]?\d(?:[-_][1-9]?\d)+|[^-_ ]+)(?![^-_ ])")
_LETTER_AND_NUMBER: Final = re.compile(r"[a-z]\d[\da-z.]*|\d+(?:\.\d+)?[bt]")

_KINDS: Final[tuple[tuple[re.Pattern[str], Kind], ...]] = (
    (re.compile(r"(?<![a-z])(?:baseline|random)(?![a-z])", re.IGNORECASE), "baseline"),
    (re.compile(r"(?<![a-z])(?:human|humans|mturk|mturker)(?![a-z])", re.IGNORECASE), "human_panel"),
    (re.compile(r"(?<![a-z])(?:refine|refinement|ensemble)(?![a-z])", re.IGNORECASE), "system"),
)


class _Mode(NamedTuple):
    """How a model was told to think: by a word, with a budget, at a level."""

    word: str = ""
    budget: str = ""
    level: str = ""

    @property
    def effort(self) -> str | None:
        return self.level or self.budget.lower() or ("none" if self.word.startswith("non") else None)

    @property
    def shown(self) -> str:
        level = self.level if self.level == "xhigh" else self.level.capitalize()
        if self.budget and level:
            return f"{self.budget.upper()}, {level}"
        if self.budget:
            return " ".join(filter(None, [_SHOWN_WORDS.get(self.word), self.budget.upper()]))
        if self.word and self.level in {"", "none"}:
            return ", ".join(filter(None, [_SHOWN_WORDS[self.word], level]))
        return level


_SHOWN_WORDS: Final = {"thinking": "Thinking", "reasoning": "Reasoning", "nonreasoning": "Non-Reasoning"}


def fields_of(folder: str) -> NameFields:
    """Return what a folder's name tells; the display name is always known.

    >>> fields_of("gpt-5-2-2025-12-11-thinking-xhigh").display_name
    'GPT-5.2 (xhigh)'
    """
    rest, agent = _cut(_AGENT, _HOST.sub("", folder))
    found = _family(_MAKER.sub("", rest))
    provider, family = found or (None, None)
    rest = _MAKER.sub("", rest) if found else rest
    dated = list(_DATE.finditer(rest))
    bare, mode = _split_mode(_DATE.sub("", rest), family, is_numbered=bool(dated))
    bare, preview = _cut(_PREVIEW, bare)
    kind = next((kind for pattern, kind in _KINDS if pattern.search(folder)), "model" if family else None)
    if preview and mode.shown and not mode.budget:  # as people have it: Gemini 3 Flash Preview (High)
        bare, preview = f"{bare}-preview", ""
    said = [f"({text})" for text in ("Preview" if preview else "", mode.shown, _AGENTS.get(agent, "")) if text]
    return NameFields(
        display_name=_shown(" ".join(filter(None, [_spell(bare, family), *said])), folder),
        provider=provider,
        family=family,
        effort=mode.effort,
        release_date=_date(dated[0]) if provider == "OpenAI" and dated else None,
        kind="system" if agent else kind,
    )


def _cut(pattern: re.Pattern[str], name: str) -> tuple[str, str]:
    """Return a name without what the pattern finds, and that: its group where it has one that was found."""
    found = pattern.search(name)
    if not found or not name[: found.start()]:
        return name, ""
    return name[: found.start()], found[1] or found[0]


def _family(name: str) -> tuple[str, str] | None:
    return next(((provider, family) for pattern, provider, family in _FAMILIES if pattern.match(name)), None)


def _split_mode(name: str, family: str | None, *, is_numbered: bool) -> tuple[str, _Mode]:
    found = _MODE.search(name)
    before = name[: found.start()] if found else name
    # "magistral-medium" is a size, "o3-medium" an effort: only numbered models have efforts.
    if not found or not found[0] or not (is_numbered or re.search(r"\d", before)):
        return name, _Mode()
    word, budget, level = ((found[group] or "").lower() for group in ("mode", "budget", "level"))
    # Of others, as in qwen3-max and gpt-5-1-codex-max, it is a part of the name.
    if level == "max" and not (word or budget or family == "Claude"):
        return name, _Mode()
    return before, _Mode(re.sub(r"[-_ ]", "", word), budget, level)


def _date(found: re.Match[str]) -> date | None:
    # OpenAI's snapshots are named after the day of their release; others' are not.
    try:
        return date(*map(int, found.groups()))
    except ValueError:
        return None


def _spell(name: str, family: str | None) -> str:
    words = " ".join(_spell_token(token[0]) for token in _TOKEN.finditer(name))
    if family == "Claude" and not words.lower().startswith("claude"):
        words = f"Claude {words}"
    return _O_VARIANT.sub(lambda found: found[0].replace(" ", "-").lower(), _HYPHENATED.sub(r"\1-", words))


def _spell_token(text: str) -> str:
    if re.fullmatch(r"\d\d[-_]\d\d", text):  # a month and a day
        return text.replace("_", "-")
    if re.fullmatch(r"\d+(?:[-_]\d+)+", text):  # 5-2 is version 5.2
        return re.sub(r"[-_]", ".", text)
    if text in _SPELLINGS:
        return _SPELLINGS[text]
    if text != text.lower() or _O_SERIES.match(text) or text == "4o":
        return text
    return text.upper() if _LETTER_AND_NUMBER.fullmatch(text) else text[:1].upper() + text[1:]


def _shown(name: str, folder: str) -> str:
    """Return a name that can be shown: of a hostile one what is printable, and never nothing."""
    kept = "".join(letter if letter.isprintable() else "\ufffd" for letter in name.strip() or folder.strip())
    return kept[:MAX_TEXT].strip() or "(unnamed)"
