"""A name means a submission of the set and of the dataset that were named, or it is said what is not there."""

from collections.abc import Mapping
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from query_api.schemas.problems import ProblemError
from query_api.store.rows import Submission
from query_api.view.named_models import NamedModel, resolve
from query_api.view.snapshot import View
from query_api.view.task_sets import NAMES, TaskIndex

from tests.support.writer import DATASET, submission

AGAIN = "somebody/arc_agi_v2_public_eval"
FIRST_SET = "arcprize/arc_agi_v1_public_eval"
SOURCES: Final[Mapping[str, str]] = {DATASET: "ARC2-Eval", AGAIN: "ARC2-Eval", FIRST_SET: "ARC1-Eval"}
SETS: Final = {
    NAMES[source]: TaskIndex(NAMES[source], source, {"a": 1}, "v") for source in ("ARC1-Eval", "ARC2-Eval", "ARC2")
}


def view(*submissions: Submission) -> View:
    return View.of(submissions, None)


def of(dataset: str, model: str, run_id: int) -> Submission:
    return submission(model, 1, run_id, dataset=dataset, source=SOURCES[dataset])


OLDER, NEWER, ELSEWHERE = of(DATASET, "m", 1), of(AGAIN, "m", 2), of(FIRST_SET, "m", 3)
ALL = view(NEWER, ELSEWHERE, OLDER)


def one(named_set: str, name: str, hf_dataset: str | None = None, *, known: View = ALL) -> NamedModel:
    (found,) = resolve(known, SETS, named_set, [name], hf_dataset)[1]
    return found


def refused(named_set: str, *names: str, hf_dataset: str | None = None) -> tuple[int, str]:
    with pytest.raises(ProblemError) as raised:
        resolve(ALL, SETS, named_set, names, hf_dataset)
    return raised.value.status, raised.value.details.detail


def test_without_a_dataset_it_is_the_one_in_which_the_name_landed_last_in_the_set() -> None:
    for name in ("m", "m-attempt1"):
        assert one("evaluation2", name).submission is NEWER
        assert one("evaluation", name).submission is ELSEWHERE
    assert one("evaluation2", "m", known=view(NEWER, of(DATASET, "m", 4))).hf_dataset == DATASET


@pytest.mark.parametrize("submission", [OLDER, NEWER], ids=["older", "newer"])
def test_a_dataset_is_named_beside_the_set_in_its_place_or_before_the_model(submission: Submission) -> None:
    dataset = submission.dataset
    assert one("evaluation2", "m-attempt1", dataset).submission is submission
    assert one(dataset, "m-attempt1").submission is submission
    assert one(dataset, "m-attempt1", dataset).submission is submission
    assert one("evaluation2", f"{dataset}/m-attempt1").submission is submission
    assert one("evaluation2", f"{dataset}/m", AGAIN).submission is submission


def test_a_datasets_letter_case_is_as_little_a_difference_as_on_the_hub() -> None:
    assert one("evaluation2", "m", AGAIN.upper()).hf_dataset == AGAIN
    assert one("evaluation2", f"{DATASET.title()}/m").hf_dataset == DATASET
    tasks, (found,) = resolve(ALL, SETS, AGAIN.upper(), ["m"], AGAIN)
    assert (tasks.name, found.hf_dataset) == (AGAIN.upper(), AGAIN)
    twin = of(DATASET, "m", 9).model_copy(update={"dataset": DATASET.upper()})
    assert one("evaluation2", "m", DATASET, known=view(OLDER, twin)).submission is OLDER
    assert one("evaluation2", "m", DATASET.upper(), known=view(OLDER, twin)).submission is twin


def test_each_of_several_is_of_its_dataset_and_the_names_stay_as_they_were_asked() -> None:
    names = ["m", f"{DATASET}/m-attempt1", f"{AGAIN}/m-attempt1"]
    tasks, found = resolve(ALL, SETS, "evaluation2", names)
    assert [each.name for each in found] == names
    assert [each.submission for each in found] == [NEWER, OLDER, NEWER]
    assert [each.identity for each in found] == [(AGAIN, "m"), (DATASET, "m-attempt1"), (AGAIN, "m-attempt1")]
    assert (tasks.name, tasks.source) == ("evaluation2", "ARC2-Eval")


def test_a_folder_means_all_its_attempts_and_an_attempt_itself() -> None:
    two = OLDER.model_copy(update={"attempts": (*OLDER.attempts, *of(DATASET, "other", 1).attempts)})
    assert one("evaluation2", "m", known=view(two)).attempts == (
        (DATASET, "m-attempt1"), (DATASET, "other-attempt1"),
    )  # fmt: skip
    assert one("evaluation2", "m-attempt1", known=view(two)).attempts == ((DATASET, "m-attempt1"),)


def test_a_model_that_answers_no_such_set_has_no_submission_there_and_no_attempt() -> None:
    assert one("training2", "m") == NamedModel("m")
    assert (one("training2", "m").hf_dataset, one("training2", "m").identity) == (None, (None, "m"))


def test_what_is_not_there_is_said() -> None:
    status, said = refused("evaluation2", "m", hf_dataset="who/knows")
    assert status == 404
    assert "'who/knows'" in said
    assert all(dataset in said for dataset in SOURCES)
    assert refused("who/knows", "m") == (status, said)
    assert refused("evaluation2", "who/knows/m") == (status, said)
    status, said = refused("evaluation2", "m", "nobody", hf_dataset=AGAIN)
    assert (status, "'nobody'" in said, AGAIN in said) == (404, True, True)
    status, said = refused("evaluation2", "nobody")
    assert (status, "in '" in said) == (404, False)
    status, said = refused("nowhere", "m")
    assert (status, "evaluation2" in said) == (404, True)
    status, said = refused("evaluation", "m", hf_dataset=AGAIN)
    assert (status, AGAIN in said, "'evaluation'" in said) == (404, True, True)
    status, said = refused(DATASET, "m", hf_dataset=AGAIN)
    assert (status, DATASET in said, AGAIN in said) == (422, True, True)


MODELS = st.sampled_from(["m", "n", "m-attempt1"])
VIEWS = st.dictionaries(st.tuples(st.sampled_from(sorted(SOURCES)), MODELS), st.integers(1, 5)).map(
    lambda keys: view(*(of(*key, run_id) for key, run_id in keys.items()))
)


@given(VIEWS, st.sampled_from(sorted(SETS)), MODELS, st.none() | st.sampled_from(sorted(SOURCES)))
def test_what_is_found_is_of_the_set_and_of_the_dataset_and_holds_the_name(
    known: View, named_set: str, name: str, hf_dataset: str | None
) -> None:
    holders = [each for each in known.submissions.values() if name in {each.model, each.attempts[0].model_name}]
    fitting = [each for each in holders if each.source == SETS[named_set].source and hf_dataset in {None, each.dataset}]
    if not fitting and (hf_dataset or not holders):
        with pytest.raises(ProblemError, match=r"there is no|another task set"):
            one(named_set, name, hf_dataset, known=known)
        return
    found = one(named_set, name, hf_dataset, known=known)
    assert (found.submission is None) == (not fitting)
    if found.submission:
        assert found.submission in fitting
        assert found.submission.ingested_at == max(each.ingested_at for each in fitting)
        assert {dataset for dataset, _ in found.attempts} == {found.hf_dataset} == {found.submission.dataset}
