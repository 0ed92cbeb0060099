"""What is known of models: everything at once, and what an admin sets, which goes before all other sources."""

from collections.abc import Callable
from functools import partial

import asyncpg
import structlog
from aiohttp import web
from common.names.fields import FIELDS, NameFields
from pydantic import ValidationError
from pydantic.alias_generators import to_camel

from query_api.routes.console.audited import deed_of, who
from query_api.routes.endpoint import Endpoint
from query_api.schemas.folder_names import AllNamesAnswer, FolderNames, FolderNamesAnswer, FolderQuery, NamesBody
from query_api.schemas.naming import naming
from query_api.schemas.problems import ProblemError
from query_api.store import name_overrides
from query_api.store.name_overrides import Overrides
from query_api.view.projection import ViewProjector
from query_api.view.snapshot import View

log = structlog.get_logger(__name__)
_ONE = partial(Endpoint, "/api/admin/model-names/{folder}", "Admin", secured="adminToken")


@partial(Endpoint, "/api/admin/model-names", "Admin", problems=(503,))
async def list_known_names(pool: asyncpg.Pool, view: Callable[[], View]) -> AllNamesAnswer:
    """What is known of every folder's model and where from, those of which least is known first."""
    overrides = await name_overrides.read(pool)
    folders = {each.model for each in view().submissions.values()} | overrides.entries.keys()
    rows = [_row(folder, view(), overrides) for folder in folders]
    rows.sort(key=lambda each: (-len(each.unknown), each.folder))
    return AllNamesAnswer(total=len(rows), data=tuple(rows))


@partial(_ONE, method="PUT", problems=(422, 503))
async def set_model_name(
    pool: asyncpg.Pool, projector: ViewProjector, request: web.Request, query: FolderQuery, body: NamesBody
) -> FolderNamesAnswer:
    """Say what a folder's model is, before all other sources."""
    fields = _said(body)
    said, by = fields.model_dump(mode="json", exclude_none=True), who(request)
    deed = deed_of(request, "model_names.set", folder=query.folder, **said)
    await name_overrides.put(pool, query.folder, fields, by, deed)
    log.info("admin.name_set", by=by, folder=query.folder, **said)
    return await _changed(pool, projector, query.folder)


def _said(body: NamesBody) -> NameFields:
    try:
        fields = NameFields(**{name: getattr(body, name) for name in FIELDS})
    except ValidationError as error:
        first = error.errors()[0]
        raise ProblemError(422, f"body.{to_camel(str(first['loc'][0]))}: {first['msg']}") from error
    if fields == NameFields():
        raise ProblemError(422, "say at least one field; DELETE takes back what was said")
    return fields


@partial(_ONE, method="DELETE", problems=(404, 503))
async def unset_model_name(
    pool: asyncpg.Pool, projector: ViewProjector, request: web.Request, query: FolderQuery
) -> FolderNamesAnswer:
    """Take back what an admin has said of a folder's model."""
    deed = deed_of(request, "model_names.unset", folder=query.folder)
    if not await name_overrides.delete(pool, query.folder, deed):
        raise ProblemError(404, f"no admin has set a name of {query.folder!r}; GET /api/admin/model-names lists all")
    log.info("admin.name_unset", by=who(request), folder=query.folder)
    return await _changed(pool, projector, query.folder)


async def _changed(pool: asyncpg.Pool, projector: ViewProjector, folder: str) -> FolderNamesAnswer:
    """Have this replica's view show it at once; the others see it when they reconcile."""
    overrides = await name_overrides.read(pool)
    projector.show_names(overrides.entries)
    return FolderNamesAnswer(data=_row(folder, projector.state.view, overrides))


def _row(folder: str, view: View, overrides: Overrides) -> FolderNames:
    name = view.names.with_admin(overrides.entries).of(folder)
    return FolderNames(
        folder=folder,
        datasets=tuple(sorted(dataset for dataset, model in view.submissions if model == folder)),
        origins=dict(name.origins),
        unknown=tuple(field for field in FIELDS if getattr(name.fields, field) is None),
        set_at=overrides.set_at.get(folder),
        **naming(name),
    )


ENDPOINTS = (list_known_names, set_model_name, unset_model_name)
