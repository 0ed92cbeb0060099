"""Which submission a request means that names a model, a task set and perhaps a dataset. Knows no database."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from common.process.choices import no_such
from common.process.choices import watched as watched_as

from query_api.schemas.problems import ProblemError
from query_api.store.rows import Key, Submission
from query_api.view.snapshot import View
from query_api.view.task_sets import NAMES, TaskIndex


@dataclass(frozen=True)
class NamedModel:
    """A model as a request names it, and its submission; None: no dataset on the task set has one of that name."""

    name: str
    submission: Submission | None = None
    attempts: tuple[Key, ...] = ()
    """(dataset, model name) of each attempt that is meant: the one named, or all of a folder."""

    @property
    def hf_dataset(self) -> str | None:
        """The dataset that its figures are of."""
        return self.submission.dataset if self.submission else None

    @property
    def identity(self) -> tuple[str | None, str]:
        """What two names of one model have in common."""
        return self.hf_dataset, self.name.rpartition("/")[2]


def resolve(
    view: View, task_sets: Mapping[str, TaskIndex], named_set: str, names: Sequence[str], hf_dataset: str | None = None
) -> tuple[TaskIndex, list[NamedModel]]:
    """Return the task set and the submissions that a request means; raises a ProblemError for what is not there.

    A dataset is named by `hf_dataset`, in place of the task set, or before a model's name (owner/name/model), which
    wins. Where none is named, it is the one whose submission of that name landed last in the task set.
    """
    tasks = None if "/" in named_set else _tasks(task_sets, named_set)
    dataset = _the_dataset(view, named_set, hf_dataset)
    asked = [_parts(view, name, dataset) for name in names]
    for of, model in asked:
        if not view.holding(model, dataset=of):
            where = f" in {of!r}" if of else ""
            raise ProblemError(404, f"there is no model {model!r}{where}; /api/model-dataset/models names them all")
    tasks = tasks or _tasks(task_sets, named_set, view.holding(asked[0][1], dataset=dataset))
    return tasks, [_found(view, tasks, name, *of) for name, of in zip(names, asked, strict=True)]


def _the_dataset(view: View, named_set: str, hf_dataset: str | None) -> str | None:
    """Return the dataset that all names are of which name none themselves, as it is spelled here."""
    named = {_known(view, each) for each in (hf_dataset, named_set if "/" in named_set else None) if each}
    if len(named) > 1:
        raise ProblemError(422, f"dataset is {named_set!r}, and hfDataset {hf_dataset!r}: name one of them")
    return next(iter(named), None)


def _known(view: View, named: str) -> str:
    found = view.dataset(named)
    if found is None:
        there = ", ".join(view.datasets) or "none"
        raise ProblemError(404, f"there is no submission of a dataset {named!r}; the datasets that have some: {there}")
    return found


def _parts(view: View, name: str, dataset: str | None) -> tuple[str | None, str]:
    """Return dataset and model of a name; no folder's name holds a slash."""
    of, _, model = name.rpartition("/")
    return (_known(view, of) if of else dataset), model


def _tasks(task_sets: Mapping[str, TaskIndex], named: str, submission: Submission | None = None) -> TaskIndex:
    """Return the task set that was named, or that of a dataset's submission under the dataset's name."""
    tasks = task_sets.get(NAMES.get(submission.source if submission else named, named))
    if tasks is None:
        there = ", ".join(task_sets)
        raise ProblemError(404, f"there is no task set {named!r}; there are {there}")
    return replace(tasks, name=named)


def _found(view: View, tasks: TaskIndex, name: str, dataset: str | None, model: str) -> NamedModel:
    submission = view.holding(model, source=tasks.source, dataset=dataset)
    if submission is None:
        if dataset:
            raise ProblemError(404, f"{model!r} in {dataset!r} answers another task set than {tasks.name!r}")
        return NamedModel(name)
    of_folder = [each.model_name for each in submission.attempts]
    names = [model] if model in of_folder else of_folder
    return NamedModel(name, submission, tuple((submission.dataset, each) for each in names))


def known_dataset(view: View, named: str, watched: Collection[str]) -> str:
    """Return a dataset as it is spelled here; raises a ProblemError that says which ones there are."""
    dataset = view.dataset(named) or watched_as(named, watched) or named
    check_known(dataset, None, view.submissions, watched)
    return dataset


def check_known(dataset: str | None, model: str | None, keys: Collection[Key], watched: Collection[str]) -> None:
    """Raise a ProblemError for a dataset that is neither watched nor of these keys, or a model that is of none."""
    datasets = {each for each, _ in keys}.union(watched)
    if dataset is not None and dataset not in datasets:
        raise ProblemError(404, no_such("dataset", dataset, datasets))
    models = {each for of, each in keys if dataset in {None, of}}
    if model is not None and model not in models:
        raise ProblemError(404, no_such("model", model, models, dataset or ""))
