"""Solvers answer with grids or not at all, by what the training pairs show and by the best of them first."""

import pytest
from common.arc.task_sets import Grid, Pair
from localhub.samples.bench import SOLVERS, Bench, Trial, answers, attempt


def grid(text: str) -> Grid:
    return tuple(bytes(map(int, row)) for row in text.split())


def pairs(*texts: tuple[str, str]) -> list[Pair]:
    return [Pair(grid(before), grid(after)) for before, after in texts]


@pytest.mark.parametrize("solver", SOLVERS)
def test_every_solver_answers_with_a_rectangle_or_not_at_all(solver: str) -> None:
    odd = grid("1"), (b"\x05" * 30,) * 30, grid("00")
    answered = 0
    for question in Bench("ARC1-Eval").questions[::9]:
        trial = attempt(solver, question.train)
        for each in (*question.inputs, *odd) if trial else ():
            output = trial.rule(each) if trial else None
            assert output is None or len({len(row) for row in output}) == 1
            answered += output is not None
    assert answered


@pytest.mark.parametrize(
    ("solver", "train", "test", "answer"),
    [
        ("tiles", pairs(("12 34", "1221 3443")), "56 78", "5665 7887"),
        ("tiles", pairs(("12 34", "43 21")), "56 78", "87 65"),
        ("tiles", pairs(("12", "12 00"), ("34", "34 00")), "56", "56 00"),
        ("overlay", pairs(("10500 10522", "10 32")), "01522", "23"),
        ("overlay", pairs(("12 55 21", "33")), "21 55 12", "33"),
        ("overlay", pairs(("11 01 00 10", "11 01")), "00 10", "00"),
        ("symmetry", pairs(("121 349", "121 343")), "679 545", "676 545"),
        ("symmetry", pairs(("212299", "12")), "737799", "37"),
        ("most-common-output", pairs(("1", "2"), ("3", "4"), ("5", "4")), "1", "4"),
        ("nearest", pairs(("12 34", "1"), ("56 78", "2")), "12 74", "1"),
        ("one-colour", pairs(("12 34", "77 71")), "000", "777"),
        ("one-colour", pairs(("12 34", "7")), "000", "7"),
    ],
)
def test_a_rule_is_learned_from_the_training_pairs(solver: str, train: list[Pair], test: str, answer: str) -> None:
    trial = attempt(solver, train)
    assert trial is not None
    assert answers([trial], grid(test), 2) == {grid(answer): solver}


@pytest.mark.parametrize(
    ("solver", "train"),
    [
        ("tiles", pairs(("12", "1212"), ("3", "33 33"))),
        ("tiles", pairs(("12", "1234"))),
        ("overlay", pairs(("1111", "12"))),
        ("symmetry", pairs(("12", "12"))),
    ],
)
def test_nothing_is_learned_where_the_training_pairs_contradict_it(solver: str, train: list[Pair]) -> None:
    assert attempt(solver, train) is None


def test_answers_come_from_the_rules_that_explain_most_and_differ() -> None:
    one, two = grid("1"), grid("2")
    trials = [Trial("first", lambda _: one, 3), Trial("same", lambda _: one, 2), Trial("none", lambda _: None, 1)]
    more = [*trials, Trial("other", lambda _: two, 0), Trial("late", lambda _: grid("3"), 0)]
    assert answers(trials, one, 2) == {one: "first"}
    assert answers(more, one, 2) == {one: "first", two: "other"}


def test_of_a_models_trials_the_one_that_explains_most_comes_first() -> None:
    bench = Bench("ARC1-Eval")
    for question in bench.questions[::20]:
        explained = [trial.explained for trial in bench.trials(tuple(SOLVERS), question)]
        assert explained == sorted(explained, reverse=True)
