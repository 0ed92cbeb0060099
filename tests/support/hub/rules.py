"""Which requests a fault strikes, and how often."""

import re
from dataclasses import dataclass

from aiohttp import web

from tests.support.hub.faults import Fault


@dataclass
class Rule:
    """Which requests a fault strikes: `path` is searched in `path?query`. `times` None means always."""

    fault: Fault
    path: re.Pattern[str]
    method: str | None
    times: int | None
    skip: int
    struck: int = 0

    def strikes(self, method: str, target: str) -> bool:
        if self.method not in {None, method} or not self.path.search(target) or self.times == self.struck:
            return False
        if self.skip:
            self.skip -= 1
            return False
        self.struck += 1
        return True


class Faults:
    """The rules in force. The first that matches a request decides about it."""

    def __init__(self) -> None:
        self._rules: list[Rule] = []

    def add(
        self, fault: Fault, path: str = "", *, method: str | None = None, times: int | None = None, skip: int = 0
    ) -> Rule:
        """Put a rule in force; it can be watched by its `struck` counter and taken back with `remove`."""
        rule = Rule(fault, re.compile(path), method, times, skip)
        self._rules.append(rule)
        return rule

    def remove(self, rule: Rule) -> None:
        self._rules.remove(rule)

    def clear(self) -> None:
        self._rules.clear()

    def striking(self, request: web.Request) -> Fault | None:
        target = f"{request.path}?{request.query_string}"
        return next((rule.fault for rule in self._rules if rule.strikes(request.method, target)), None)
