"""What a solver is: it learns a rule from the training pairs alone, and never sees what it has to find."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from common.arc_tasks import Grid, Pair, TaskSet

Rule = Callable[[Grid], Grid | None]
"""Turns an input into an output; None where it does not apply."""

Learn = Callable[[Sequence[Pair]], Rule | None]
"""Makes a rule from training pairs; None where they do not suggest one."""


@dataclass(frozen=True, slots=True)
class Question:
    """A task without the outputs of its tests: everything that a solver gets."""

    task_id: str
    train: tuple[Pair, ...]
    inputs: tuple[Grid, ...]


@dataclass(frozen=True, slots=True)
class Solver:
    """A name, and the way to learn."""

    name: str
    learn: Learn


@dataclass(frozen=True, slots=True)
class Trial:
    """A rule that a solver learned, and how many of the training pairs it reproduces."""

    solver: str
    rule: Rule
    explained: int


def questions(task_set: TaskSet) -> Iterator[Question]:
    """Take the tasks' expected outputs away."""
    for task in task_set.tasks.values():
        yield Question(task.id, task.train, tuple(pair.input for pair in task.test))


def attempt(solver: Solver, train: Sequence[Pair]) -> Trial | None:
    """Let a solver learn, and see how far its rule explains what it learned from."""
    rule = solver.learn(train)
    if rule is None:
        return None
    return Trial(solver.name, rule, sum(rule(pair.input) == pair.output for pair in train))
