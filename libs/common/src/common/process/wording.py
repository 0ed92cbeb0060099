"""What is wrong with a value, in words for who wrote it: the validator's own speak of its types and patterns."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from pydantic_core import ErrorDetails

# What a pattern is for; a pattern itself helps nobody who has mistyped a name.
_FORMS: Final[Mapping[str, str]] = {
    r"^[\w.-]+/[\w.-]+$": "must be a dataset of the form owner/name, such as arcprize/arc_agi_v2_public_eval",
    r"^[\w.-]+(/[\w.-]+)?$": "must be a dataset, such as arcprize/arc_agi_v2_public_eval",
    r"^[\w.-]+$": "may hold letters, digits, dots, dashes and underscores only",
    r"^[^./\x00-\x1f\x7f-\x9f][^/\x00-\x1f\x7f-\x9f]*$": (
        "must be the name of one folder, without slashes, control characters or a first dot"
    ),
    r"^[^/\x00-\x1f\x7f]+$": "must be a name without slashes and control characters",
    r"^[^\x00-\x1f\x7f]+$": "must be a name without control characters",
    r"^[0-9a-f]{40}([0-9a-f]{24})?$": "must be a git hash of 40 or 64 hexadecimal digits",
    r"^[\x21-\x7e]+$": "must be a URL or a name, without spaces",
    r"^([0-9]{1,20}-)?[0-9]{1,19}$": "must be the id of a live event, as the server sent it",
    r"^(submissions|tasks|attempts)(,(submissions|tasks|attempts))*$": (
        "must be submissions, tasks or attempts, or several of them with commas between them"
    ),
    r"^[0-9A-Za-z_-]{1,64}$": "must be an id of letters, digits, dashes and underscores, 64 at most",
}
_URL: Final = "is not a URL, such as https://example.org"
_WHOLE: Final = "must be a whole number"
_NUMBER: Final = "must be a number"
_TRUTH: Final = "must be true or false"
_DATE: Final = "is not a date, such as 2026-11-28"
_INSTANT: Final = "is not a time, such as 2026-11-28T08:05:00Z"
_TEXT: Final = "must be text"
_OBJECT: Final = "must be a JSON object"
_LIST: Final = "must be a list"
_EMPTY: Final = "must not be empty"

_PLAIN: Final[Mapping[str, str]] = {
    "missing": "is missing",
    "extra_forbidden": "is not known here",
    "json_invalid": "is not JSON",
    "url_parsing": _URL,
    "url_type": _URL,
    "url_syntax_violation": _URL,
    "bool_parsing": _TRUTH,
    "bool_type": _TRUTH,
    "int_parsing": _WHOLE,
    "int_parsing_size": _WHOLE,
    "int_from_float": _WHOLE,
    "int_type": _WHOLE,
    "float_parsing": _NUMBER,
    "float_type": _NUMBER,
    "finite_number": _NUMBER,
    "string_type": _TEXT,
    "date_parsing": _DATE,
    "date_from_datetime_parsing": _DATE,
    "date_type": _DATE,
    "datetime_parsing": _INSTANT,
    "datetime_from_date_parsing": _INSTANT,
    "datetime_type": _INSTANT,
    "none_required": "must be null",
    "model_type": _OBJECT,
    "model_attributes_type": _OBJECT,
    "dict_type": _OBJECT,
    "list_type": _LIST,
    "tuple_type": _LIST,
    "timezone_aware": "must say its time zone: 2026-11-28T08:05:00Z",
}
_BOUNDED: Final[Mapping[str, Callable[[Mapping[str, Any]], str]]] = {
    "greater_than": lambda of: f"must be more than {of['gt']:g}",
    "greater_than_equal": lambda of: f"must be at least {of['ge']}",
    "less_than": lambda of: f"must be less than {of['lt']:g}",
    "less_than_equal": lambda of: f"must be at most {of['le']}",
    "literal_error": lambda of: f"must be {of['expected']}",
    "enum": lambda of: f"must be {of['expected']}",
    "url_scheme": lambda of: f"must be a URL that begins with {of['expected_schemes']}",
    "url_too_long": lambda of: f"must have {of['max_length']} characters at most",
    "string_too_short": lambda of: (
        f"must have {of['min_length']} characters at least" if of["min_length"] > 1 else _EMPTY
    ),
    "string_too_long": lambda of: f"must have {of['max_length']} characters at most",
    "string_pattern_mismatch": lambda of: _FORMS.get(of["pattern"], "is not written as it must be"),
}


def in_words(error: ErrorDetails) -> str:
    """Return what is wrong with a value, to be read after its name; the value itself is not shown."""
    kind = error["type"]
    if kind in _PLAIN:
        return _PLAIN[kind]
    if kind in _BOUNDED:
        return _BOUNDED[kind](error.get("ctx", {}))
    return error["msg"].removeprefix("Value error, ").removeprefix("Assertion failed, ")
