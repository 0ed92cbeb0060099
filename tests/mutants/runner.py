"""A pytest plugin: runs the chosen tests once, then for each mutant, in a fork, those that reach its function."""

import ast
import importlib
import os
import resource
import signal
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any, NamedTuple

import pytest
from _pytest.runner import runtestprotocol
from hypothesis import Phase, settings

from tests.mutants.mutant import Mutant
from tests.mutants.reach import Reach
from tests.mutants.swap import forget_what_is_cached, put_in, source_of

_SECONDS = 2  # of the processor, on top of three times what the tests took
_TEST_SECONDS = 60  # by the clock, for one test: the machine may be busy
_EXAMPLES = 50  # of each property: they are drawn again for every mutant
_LAST_CODE = 255
_MEMORY = 8 * 1024**3


class Verdict(NamedTuple):
    """How a mutant ended."""

    mutant: Mutant
    end: str

    @property
    def survived(self) -> bool:
        return self.end in {"survived", "not reached"}


class Runner:
    """Goes through the mutants of one module."""

    def __init__(self, module: str, make: Callable[[str], list[Mutant]], only_lines: set[int]) -> None:
        self._name = module
        self._make = make
        self._only_lines = only_lines
        self._seconds: dict[str, float] = {}
        self._order: list[str] = []
        self._reached: dict[tuple[str, int], set[str]] = defaultdict(set)
        self.verdicts: list[Verdict] = []

    def pytest_configure(self) -> None:
        """Have hypothesis draw the same examples each time; a failure is enough, the smallest one is not needed."""
        phases = (Phase.explicit, Phase.generate)
        settings.register_profile("mutants", derandomize=True, database=None, deadline=None, phases=phases)
        settings.load_profile("mutants")

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Take the place of pytest's loop."""
        module = importlib.import_module(self._name)
        reach = Reach(module)
        items = {item.nodeid: item for item in session.items}
        for item in session.items:
            _draw_few_examples(item)
            self._measure(item, reach.paths)
        self._order = sorted(items, key=self._seconds.__getitem__)
        source = source_of(module)
        fields = set(_fields_of_models(module, source))
        for mutant in self._make(source):
            if (self._only_lines and mutant.line not in self._only_lines) or mutant.line in fields:
                continue
            chosen = self._reaching(mutant, reach)
            chosen_items = [items[each] for each in self._order if each in chosen]
            verdict = Verdict(mutant, self._try_out(mutant, module, chosen_items))
            self.verdicts.append(verdict)
            if verdict.survived:
                print(f"{verdict.end}: {self._name}:{mutant}", flush=True)
        return True

    def _measure(self, item: pytest.Item, paths: set[str]) -> None:
        def see(frame: FrameType, event: str, _arg: Any) -> None:
            code = frame.f_code
            if event == "call" and code.co_filename in paths:
                self._reached[code.co_filename, code.co_firstlineno].add(item.nodeid)

        forget_what_is_cached()
        threading.setprofile(see)
        sys.setprofile(see)
        started = time.process_time()
        try:
            failed = _fails(item)
        finally:
            sys.setprofile(None)
            threading.setprofile(None)
        self._seconds[item.nodeid] = time.process_time() - started
        if failed:
            raise pytest.UsageError(f"{item.nodeid} fails without any mutant")

    def _reaching(self, mutant: Mutant, reach: Reach) -> set[str]:
        functions = reach.of_line(mutant.line)
        if not functions:
            return set(self._seconds)
        return {test for each in functions for line in each.lines for test in self._reached.get((each.path, line), ())}

    def _try_out(self, mutant: Mutant, module: Any, items: list[pytest.Item]) -> str:
        if not items:
            return "not reached"
        seconds = sum(self._seconds[item.nodeid] for item in items)
        if (child := os.fork()) == 0:
            _be_mutant(mutant, module, items, int(3 * seconds) + _SECONDS)
        status = os.waitpid(child, 0)[1]
        if os.WIFSIGNALED(status):
            return f"killed by {signal.Signals(os.WTERMSIG(status)).name}"
        if (code := os.WEXITSTATUS(status)) > 1:  # who killed one mutant often kills the next: let it run first
            killer = items[code - 2].nodeid
            self._order.remove(killer)
            self._order.insert(0, killer)
        return "killed" if code else "survived"


def _draw_few_examples(item: pytest.Item) -> None:
    attribute = "_hypothesis_internal_use_settings"
    function = getattr(item, "obj", None)
    if chosen := getattr(function, attribute, None):
        function = getattr(function, "__func__", function)
        setattr(function, attribute, settings(chosen, max_examples=_EXAMPLES, deadline=None))


def _fields_of_models(module: Any, source: str) -> Iterator[int]:
    """Yield the lines of pydantic's fields: they are compiled with their class, so a mutant of them changes nothing."""
    for node in ast.parse(source).body:
        if isinstance(node, ast.ClassDef) and hasattr(getattr(module, node.name), "model_fields"):
            for each in node.body:
                if isinstance(each, ast.Assign | ast.AnnAssign):
                    yield from range(each.lineno, (each.end_lineno or each.lineno) + 1)


def _be_mutant(mutant: Mutant, module: Any, items: list[pytest.Item], seconds: int) -> None:
    """End this process as soon as a test notices the mutant, with two more than its number; with 0 if none does."""
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        os.dup2(1, 2)
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
        put_in(module, mutant.source)
        for number, item in enumerate(items):
            signal.alarm(_TEST_SECONDS)  # it may wait for what never comes
            if _fails(item):
                os._exit(min(number + 2, _LAST_CODE))
        os._exit(0)
    except BaseException:  # noqa: BLE001 - whatever it is, it was noticed
        os._exit(1)


def _fails(item: pytest.Item) -> bool:
    if hasattr(item, "_initrequest"):
        item._initrequest()  # as pytest-rerunfailures does: the item has run before
    return any(report.failed for report in runtestprotocol(item, log=False, nextitem=None))
