"""What people do to the datasets while all else breaks: new models, changes, renames, removals, reverts."""

import json
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from common.arc.task_sets import Task

from tests.support.hub import TestHub
from tests.support.submissions import V1, V2, answer_file, solved, tasks, unsolved

DATASETS = (V1, V2)
SETS = {V1: "ARC1-Eval", V2: "ARC2-Eval"}
_FILES = 12


@dataclass
class Upstream:
    """Commits to the Hub; which models and answers follows from the random numbers that it is given."""

    hub: TestHub
    pick: random.Random
    made: int = 0
    before: dict[tuple[str, str], Mapping[str, bytes]] = field(default_factory=dict)
    """Of each model what it was before its last change."""

    def upload(self, kind: str) -> str:
        """Do one of the plan's uploads, and say what was done; without a model to change it is a new one."""
        dataset = self.pick.choice(DATASETS)
        models = sorted(self.models(dataset))
        if kind == "new" or not models:
            return self._new(dataset)
        change: Callable[[str, str], str] = getattr(self, f"_{kind}")
        return change(dataset, self.pick.choice(models))

    def models(self, dataset: str) -> set[str]:
        """Return the folders that a dataset has now."""
        return {each.name for each in self.folder(dataset).iterdir() if each.is_dir() and not each.name.startswith(".")}

    def files(self, dataset: str, model: str) -> dict[str, bytes]:
        """Return a model's files by their path in its folder."""
        folder = self.folder(dataset) / model
        return {
            str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()
        }

    def folder(self, dataset: str) -> Path:
        """Return where a dataset's files are."""
        return self.hub.datasets.root / dataset

    def _new(self, dataset: str) -> str:
        self.made += 1
        model = f"model-{self.made}"
        chosen = self.pick.sample(tasks(SETS[dataset]), _FILES)
        return self._commit(dataset, model, {f"{task.id}.json": self._answers(task) for task in chosen})

    def _changed(self, dataset: str, model: str) -> str:
        by_id = {f"{task.id}.json": task for task in tasks(SETS[dataset])}
        name = self.pick.choice(sorted(name for name in self.files(dataset, model) if name in by_id))
        return self._commit(dataset, model, {name: answer_file(by_id[name], padding=self.pick.randint(1, 9_999))})

    def _costs(self, dataset: str, model: str) -> str:
        files = self.files(dataset, model)
        name = self.pick.choice(sorted(name for name in files if name.endswith(".json")))
        pairs = json.loads(files[name])
        pairs[0]["attempt_1"]["metadata"]["cost"]["total_cost"] = self.pick.random()
        return self._commit(dataset, model, {name: json.dumps(pairs).encode()})

    def _readme(self, dataset: str, model: str) -> str:
        return self._commit(dataset, model, {"README.md": f"{self.pick.random()}\n".encode()})

    def _removed(self, dataset: str, model: str) -> str:
        self.before[dataset, model] = self.files(dataset, model)
        self.hub.commit(dataset, {model: None})
        return f"{dataset} {model}: gone"

    def _renamed(self, dataset: str, model: str) -> str:
        self.made += 1
        self.hub.rename(dataset, model, f"model-{self.made}")
        return f"{dataset} {model}: now model-{self.made}"

    def _reverted(self, dataset: str, model: str) -> str:
        files = self.before.get((dataset, model))
        if files is None:
            return self._changed(dataset, model)
        gone = dict.fromkeys(self.files(dataset, model).keys() - files.keys())
        return self._commit(dataset, model, {**gone, **files})

    def _commit(self, dataset: str, model: str, changes: Mapping[str, bytes | None]) -> str:
        if model in self.models(dataset):
            self.before[dataset, model] = self.files(dataset, model)
        self.hub.commit(dataset, {f"{model}/{name}": body for name, body in changes.items()})
        return f"{dataset} {model}: {', '.join(changes) if len(changes) < 3 else f'{len(changes)} files'}"

    def _answers(self, task: Task) -> bytes:
        return solved(task) if self.pick.random() < 0.5 else unsolved(task)
