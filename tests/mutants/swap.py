"""Puts a mutant into modules that are already imported: nothing is written, imported again or left behind."""

import ast
import functools
import sys
from collections.abc import Iterator
from types import FunctionType, ModuleType
from typing import Any

PACKAGES = ("common", "ingester", "query_api", "watcher")
_PLAIN = (int, float, str, bytes, bool, tuple, frozenset, type(None))


def put_in(module: ModuleType, source: str) -> None:
    """Give the module's functions and constants what `source` says; whoever imported them has it too."""
    new: dict[str, Any] = dict.fromkeys(("__name__", "__file__"), module.__name__) | {"__package__": module.__package__}
    code = compile(source, str(module.__file__), "exec", dont_inherit=True)
    exec(code, new)
    _swap_functions(vars(module), new, module.__name__)
    forget_what_is_cached()
    for name in _changed_constants(ast.parse(source_of(module)), ast.parse(source)) & new.keys():
        put_constant(module, name, new[name])


def forget_what_is_cached() -> None:
    """Empty the caches of all modules: what one keeps of another's work would hide a mutant."""
    for module in [held for key, held in sys.modules.items() if key.split(".")[0] in PACKAGES]:
        for value in vars(module).values():
            if clear := getattr(value, "cache_clear", None):
                clear()


def put_constant(module: ModuleType, name: str, value: Any) -> None:
    """Set a constant, in the modules that imported it too."""
    old = getattr(module, name)
    for holder in [held for key, held in sys.modules.items() if key.split(".")[0] in (*PACKAGES, "tests")]:
        if vars(holder).get(name) is old:
            setattr(holder, name, value)
    setattr(module, name, value)


def source_of(module: ModuleType) -> str:
    """Return what a module's file says."""
    with open(str(module.__file__), encoding="utf-8") as file:  # noqa: PTH123 - read for every mutant
        return file.read()


def _swap_functions(old: Any, new: Any, module: str) -> None:
    for name, value in list(old.items()):
        other = new.get(name)
        if isinstance(value, type) and value.__module__ == module and isinstance(other, type):
            _swap_class(value, other, module)
        for function, changed in zip(_functions(value), _functions(other), strict=False):
            if function.__module__ == module:
                function.__code__ = changed.__code__
                function.__defaults__ = changed.__defaults__
                function.__kwdefaults__ = changed.__kwdefaults__


def _swap_class(old: type, new: type, module: str) -> None:
    _swap_functions(dict(vars(old)), vars(new), module)
    for name, value in vars(new).items():
        if name in {"__init__", "__new__"} and _is_made(getattr(value, "__func__", value)):
            setattr(old, name, value)  # the defaults are inside
        elif isinstance(value, _PLAIN) and not name.startswith("__") and vars(old).get(name) != value:
            setattr(old, name, value)
    for name, value in list(vars(old).items()):
        if isinstance(value, _PLAIN) and not name.startswith("__") and name not in vars(new):
            delattr(old, name)


def _is_made(function: Any) -> bool:
    """Tell what dataclass or NamedTuple made: it comes from no file."""
    return isinstance(function, FunctionType) and function.__code__.co_filename[0] == "<"


def _functions(value: Any) -> Iterator[FunctionType]:
    """Yield the functions inside of what a class or a module holds under a name."""
    parts: list[Any] = [value]
    if isinstance(value, property):
        parts = [value.fget, value.fset]
    elif isinstance(value, functools.cached_property):
        parts = [value.func]
    elif isinstance(value, classmethod | staticmethod):
        parts = [value.__func__]
    for part in parts:
        unwrapped = part
        while hasattr(unwrapped, "__wrapped__"):
            unwrapped = unwrapped.__wrapped__
        if isinstance(unwrapped, FunctionType):
            yield unwrapped


def _changed_constants(old: ast.Module, new: ast.Module) -> set[str]:
    """Name what changed statements of a module assign, and what is computed from that."""
    pairs = zip(old.body, new.body, strict=True)
    return constants_of(
        new, {number for number, (before, after) in enumerate(pairs) if ast.dump(before) != ast.dump(after)}
    )


def constants_of(module: ast.Module, statements: set[int]) -> set[str]:
    """Name what some statements of a module assign, and what is computed from that."""
    found: set[str] = set()
    for number, node in enumerate(module.body):
        if isinstance(node, ast.Assign | ast.AnnAssign) and (number in statements or found & names_in(node, ast.Load)):
            found |= names_in(node, ast.Store)
    return found


def names_in(node: ast.AST, context: type[ast.expr_context]) -> set[str]:
    """Return the names that are read or assigned in a piece of code."""
    return {each.id for each in ast.walk(node) if isinstance(each, ast.Name) and isinstance(each.ctx, context)}
