"""Makes bodies of an event from its fields: one with all of them, one with those that must be there."""

import json
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple, Union, get_args, get_origin

from pydantic import BaseModel

FILE = Path(__file__).parent / "events.jsonl"
_OID = "0123456789abcdef" * 2 + "01234567"
# Of fields whose type says less than what may be in them.
_NAMED: dict[str, Any] = {
    "dataset": "arcprize/arc_agi_v2_public_eval",
    "model": "gpt-5-2-2025-12-11-thinking-xhigh",
    "revision": _OID,
    "tree_oid": _OID,
    "request_ids": ["0f9d2c"],
    "process": "0f9d2c",
    "key": _OID[:16],
    "name": "api",
    "reset_seconds": 12.5,
}


class Body(NamedTuple):
    """One body, and the event that it is of."""

    event: str
    body: dict[str, Any]

    @property
    def line(self) -> str:
        """As the corpus holds it."""
        return json.dumps({"event": self.event, "body": self.body}, sort_keys=True)


def read() -> list[Body]:
    """Return the corpus."""
    return [Body(**json.loads(line)) for line in FILE.read_text().splitlines()]


def bodies(module: Any) -> Iterator[Body]:
    """Yield two bodies of each event that a module has, and of dead letters."""
    for name, kind in sorted(vars(module).items()):
        if isinstance(kind, type) and issubclass(kind, module.Event | module.DeadLetter) and kind is not module.Event:
            yield Body(name, _sample(kind, required=False))
            yield Body(name, _sample(kind, required=True))


def _sample(kind: type[BaseModel], *, required: bool) -> dict[str, Any]:
    return {
        name: _NAMED.get(name) or _value(field.annotation, required=required)
        for name, field in kind.model_fields.items()
        if not field.exclude and (field.is_required() or not required)
    }


def _value(of: Any, *, required: bool) -> Any:
    origin, inner = get_origin(of), [each for each in get_args(of) if each is not type(None)]
    if origin is Literal:
        return inner[0]
    if origin in {Union, types.UnionType, Annotated}:
        return _value(inner[0], required=required)
    if origin in {tuple, dict}:
        several = [_value(each, required=required) for each in inner if each is not ...]
        return several if origin is tuple else {"Nats-Msg-Id": several[1]}
    if isinstance(of, type) and issubclass(of, BaseModel):
        return _sample(of, required=required)
    return {str: "words", int: 7, float: 0.5, bool: True}.get(of, "2026-11-23T01:02:03.456789Z")
