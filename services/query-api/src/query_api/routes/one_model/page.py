"""One request for one model's page: the submission, the latest one, and another one beside it."""

import asyncio
from collections.abc import Mapping
from functools import partial

import asyncpg
from common.process.choices import no_such

from query_api.routes.analytics import comparison
from query_api.routes.endpoint import Endpoint
from query_api.routes.one_model.detail import model_detail
from query_api.schemas import model_detail as shapes
from query_api.schemas.cached import LatestModel, LatestQuery
from query_api.schemas.performance import CompareQuery
from query_api.schemas.problems import ProblemError
from query_api.settings import Settings
from query_api.store.rows import Key, Submission
from query_api.view.answers import Moment, get_latest_model
from query_api.view.named_models import known_dataset
from query_api.view.projection import ViewProjector
from query_api.view.snapshot import View
from query_api.view.task_sets import TaskIndex


@partial(Endpoint, "/api/pages/model", "Models", problems=(404, 422, 503), tagged=True)
async def get_model_page(
    pool: asyncpg.Pool,
    projector: ViewProjector,
    task_sets: Mapping[str, TaskIndex],
    settings: Settings,
    query: shapes.ModelPageQuery,
) -> shapes.ModelPageAnswer:
    """All that a page about one submission shows, in one request."""
    moment = Moment(projector.state, projector.now(), settings, task_sets)
    view, latest = moment.state.view, get_latest_model(moment, LatestQuery()).data
    shown = _asked(view, settings, query)
    if shown is None:
        return shapes.ModelPageAnswer(data=_empty(latest), **moment.freshness)
    newest = (latest.dataset, latest.model) if latest else None
    other = _compared(view, settings, query.compare, shown) if query.compare else None
    wanted = dict.fromkeys([shown.key, *([other.key] if other else [])])
    if query.latest_detail and newest:
        wanted[newest] = None
    found = await asyncio.gather(*(model_detail(pool, view, task_sets, settings, key) for key in wanted))
    details = dict(zip(wanted, found, strict=True))
    page = _empty(latest).model_copy(
        update={
            "model": details[shown.key],
            "latest_detail": details.get(newest) if newest and newest != shown.key else None,
            "is_latest": newest == shown.key,
            "ranked": sum(_has_rank(view, each) for each in view.submissions.values() if each.source == shown.source),
            "siblings": tuple(_siblings(view, shown)),
            "compared": await _beside(pool, view, task_sets, (shown, other), details) if other else None,
        }
    )
    return shapes.ModelPageAnswer(data=page, **moment.freshness)


def _empty(latest: LatestModel | None) -> shapes.ModelPage:
    return shapes.ModelPage(
        latest=latest, latest_detail=None, model=None, is_latest=False, ranked=0, siblings=(), compared=None
    )


def _has_rank(view: View, submission: Submission) -> bool:
    return submission.is_ranked and not view.name_of(submission).is_reference


def _asked(view: View, settings: Settings, query: shapes.ModelPageQuery) -> Submission | None:
    """Return the submission that a page is about; None before the first one that could be the latest."""
    dataset = query.dataset and known_dataset(view, query.dataset, settings.hf_datasets)
    if query.model is None:
        return view.latest(dataset=dataset)
    there = [each for each in view.submissions.values() if dataset in {None, each.dataset}]
    named = [each for each in there if each.model == query.model]
    if not named:
        raise ProblemError(404, no_such("model", query.model, {each.model for each in there}, dataset or ""))
    return max(named, key=lambda each: (each.is_usable, each.landed_at, each.key))


def _compared(view: View, settings: Settings, named: str, shown: Submission) -> Submission:
    of, _, model = named.rpartition("/")
    dataset = known_dataset(view, of, settings.hf_datasets) if of else shown.dataset
    found = view.submissions.get((dataset, model))
    if found is None:
        there = {name for of, name in view.submissions if of == dataset}
        raise ProblemError(404, no_such("model", model, there, dataset))
    if found.key == shown.key:
        raise ProblemError(422, "compare names the very submission that the page is about; name another one")
    return found


async def _beside(
    pool: asyncpg.Pool,
    view: View,
    task_sets: Mapping[str, TaskIndex],
    both: tuple[Submission, Submission],
    details: Mapping[Key, shapes.ModelDetail],
) -> shapes.ComparedModel:
    compared, (shown, other) = None, both
    if other.source == shown.source:
        names = ["/".join(each.key) for each in both]
        asked = CompareQuery(dataset=shown.source, model1=names[0], model2=names[1])
        compared = await comparison(pool, view, task_sets, asked)
    return shapes.ComparedModel(model=details[other.key], comparison=compared)


def _siblings(view: View, shown: Submission) -> list[shapes.Sibling]:
    others = sorted(key for key in view.submissions if key[1] == shown.model and key != shown.key)
    rows = (view.row(view.submissions[key]) for key in others)
    return [shapes.Sibling(**row.model_dump(include=set(shapes.Sibling.model_fields))) for row in rows]


ENDPOINTS = (get_model_page,)
