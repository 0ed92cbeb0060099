"""What solvers are given, and what they answer: they learn from training pairs, and never see what they must find."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from common.arc.task_sets import Grid, Pair, load_task_set

from localhub.samples.grids import Rule, Solver
from localhub.samples.guesses import learn_most_common_output, learn_nearest, learn_one_colour
from localhub.samples.overlay import learn_overlay
from localhub.samples.symmetry import learn_symmetry
from localhub.samples.tiles import learn_tiles

SOLVERS: Mapping[str, Solver] = {
    "tiles": learn_tiles,
    "overlay": learn_overlay,
    "symmetry": learn_symmetry,
    "most-common-output": learn_most_common_output,
    "nearest": learn_nearest,
    "one-colour": learn_one_colour,
}


@dataclass(frozen=True, slots=True)
class Question:
    """A task without the outputs of its tests: everything that a solver gets."""

    task_id: str
    train: tuple[Pair, ...]
    inputs: tuple[Grid, ...]


@dataclass(frozen=True, slots=True)
class Trial:
    """A rule that a solver learned, and how many of the training pairs it reproduces."""

    solver: str
    rule: Rule
    explained: int


class Bench:
    """The questions of one task set, and every trial once: models share solvers."""

    def __init__(self, source: str) -> None:
        tasks = load_task_set(source, with_train=True).tasks.values()
        self.questions = [Question(task.id, task.train, tuple(pair.input for pair in task.test)) for task in tasks]
        self._trials: dict[tuple[str, str], Trial | None] = {}

    def trials(self, solvers: Sequence[str], question: Question) -> list[Trial]:
        """Let solvers learn; the best trial first."""
        for solver in solvers:
            if (solver, question.task_id) not in self._trials:
                self._trials[solver, question.task_id] = attempt(solver, question.train)
        made = (self._trials[solver, question.task_id] for solver in solvers)
        return sorted((trial for trial in made if trial), key=lambda trial: -trial.explained)


def attempt(solver: str, train: Sequence[Pair]) -> Trial | None:
    """Let a solver learn, and see how far its rule explains what it learned from."""
    rule = SOLVERS[solver](train)
    return Trial(solver, rule, sum(rule(pair.input) == pair.output for pair in train)) if rule else None


def answers(trials: Sequence[Trial], grid: Grid, most: int) -> dict[Grid, str]:
    """Answer one test input by the best rules, never twice the same; return whose rule gave each answer."""
    found: dict[Grid, str] = {}
    for trial in trials:
        output = trial.rule(grid)
        if output is not None and len(found) < most:
            found.setdefault(output, trial.solver)
    return found
