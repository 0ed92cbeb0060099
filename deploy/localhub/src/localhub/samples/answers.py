"""What a sample model answers: of the rules its solvers learned, the two that explain the training pairs best."""

from collections.abc import Sequence
from dataclasses import dataclass

from common.arc_tasks import Grid, load_task_set

from localhub.samples.models import SampleModel
from localhub.samples.solver import Question, Solver, Trial, attempt, questions

ATTEMPTS = 2


@dataclass(frozen=True, slots=True)
class Answer:
    """The solver that was trusted, and the grid its rule gave."""

    solver: str
    grid: Grid


class Bench:
    """The questions of one task set, and every trial once: models share solvers."""

    def __init__(self, source: str) -> None:
        self.questions = tuple(questions(load_task_set(source, with_train=True)))
        self._trials: dict[tuple[str, str], Trial | None] = {}

    def trials(self, model: SampleModel, question: Question) -> list[Trial]:
        """Let the model's solvers learn; the best trial first."""
        made = (self._trial(solver, question) for solver in model.solvers)
        return sorted((trial for trial in made if trial), key=lambda trial: -trial.explained)

    def _trial(self, solver: Solver, question: Question) -> Trial | None:
        key = (solver.name, question.task_id)
        if key not in self._trials:
            self._trials[key] = attempt(solver, question.train)
        return self._trials[key]


def answers(trials: Sequence[Trial], grid: Grid) -> list[Answer]:
    """Answer one test input, at most twice and never twice the same."""
    found: list[Answer] = []
    for trial in trials:
        output = trial.rule(grid)
        if output is not None and all(output != answer.grid for answer in found):
            found.append(Answer(trial.solver, output))
            if len(found) == ATTEMPTS:
                break
    return found
