"""Data out: tables as files, and a whole snapshot as one archive."""

from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial
from typing import Final

from aiohttp import hdrs, web
from common.database.connect import Connector
from common.process.choices import no_such

from query_api.routes.access import SECURITY_HEADERS
from query_api.routes.endpoint import Endpoint, Handle
from query_api.routes.export import files
from query_api.routes.export.contents import Contents
from query_api.routes.export.export_shapes import (
    AttemptsFileQuery,
    AttemptsQuery,
    ExportFilter,
    SnapshotQuery,
    Table,
    TableFileQuery,
    TableQuery,
)
from query_api.routes.export.negotiation import MEDIA_TYPES, accepts_gzip, negotiated
from query_api.routes.export.sending import ExportLimits, send
from query_api.schemas.problems import ProblemError
from query_api.store.exports import DatabaseSnapshot, database_snapshot
from query_api.view.snapshot import View

ZIP: Final = "application/zip"
_BINARY: Final = (ZIP, MEDIA_TYPES["parquet"])
_TABLE: Final = """Without an extension or `format`, the header Accept says which: text/csv, application/x-ndjson, or
application/vnd.apache.parquet. All rows are of one snapshot of the database, and numbers have all their digits. A
download that fails is cut off, and its connection reset: what ends as it should is whole. docs/export.md names the
columns."""
_SNAPSHOT: Final = """A ZIP archive, written while it is sent: one file for each table, all of one snapshot of the
database, and `manifest.json` with the instant, the revisions of the datasets, the rules, and rows, bytes and SHA-256 of
each file. An archive that was cut off cannot be opened."""


@dataclass(frozen=True)
class Exporter:
    """Makes exports: each on a connection of its own, so that no slow client keeps one of the pool's."""

    connector: Connector
    limits: ExportLimits
    view: Callable[[], View]
    client_of: Callable[[web.Request], str]

    async def table(
        self, request: web.Request, table: Table, query: TableQuery | TableFileQuery, *, with_text: bool = False
    ) -> web.StreamResponse:
        """Answer with one table."""
        file_format = query.format or negotiated(request.headers.get(hdrs.ACCEPT, ""))
        headers = _headers(MEDIA_TYPES[file_format], f"{table}.{file_format}")
        if file_format != "parquet" and accepts_gzip(request.headers.get(hdrs.ACCEPT_ENCODING, "")):
            headers[hdrs.CONTENT_ENCODING] = "gzip"
        parts = partial(files.table_parts, table=table, file_format=file_format, with_text=with_text)
        return await self._answer(request, query, headers, parts)

    async def archive(self, request: web.Request, query: SnapshotQuery) -> web.StreamResponse:
        """Answer with an archive."""
        return await self._answer(
            request, query, _headers(ZIP, "arcwatch-export.zip"), partial(files.archive_parts, query=query)
        )

    async def _answer(
        self,
        request: web.Request,
        query: ExportFilter,
        headers: dict[str, str],
        parts: Callable[[Contents], files.Parts],
    ) -> web.StreamResponse:
        if request.method == hdrs.METH_HEAD:
            return web.StreamResponse(headers=headers)
        return await send(request, headers, self._read(self.client_of(request), query, parts), self.limits)

    async def _read(self, client: str, query: ExportFilter, parts: Callable[[Contents], files.Parts]) -> files.Parts:
        """Yield what is sent; when that ends, the place and the connection are free before the client knows it."""
        with self.limits.place(client):
            async with (
                database_snapshot(self.connector) as snapshot,
                aclosing(parts(await self._contents(snapshot, query))) as found,
            ):
                async for part in found:
                    yield part

    async def _contents(self, snapshot: DatabaseSnapshot, query: ExportFilter) -> Contents:
        dataset = query.dataset and self.view().spelled(query.dataset)
        versions = await snapshot.versions(dataset, query.model)
        if not versions and (query.dataset or query.model):
            asked = " in ".join(repr(each) for each in (query.model, dataset) if each)
            known = self.view().datasets
            instead = "/api/models lists all"
            if dataset and dataset not in known:
                instead = no_such("dataset", dataset, known)
            raise ProblemError(404, f"there is no submission of {asked}; {instead}")
        return Contents(snapshot, versions, self.view().names.with_admin(await snapshot.names()))


def _headers(content_type: str, name: str) -> dict[str, str]:
    charset = "" if content_type in _BINARY else "; charset=utf-8"
    return {
        **SECURITY_HEADERS,
        hdrs.CONTENT_TYPE: content_type + charset,
        hdrs.CONTENT_DISPOSITION: f'attachment; filename="{name}"',
        hdrs.CACHE_CONTROL: "no-store",
        hdrs.VARY: "Accept, Accept-Encoding",
    }


def _table(path: str) -> Callable[[Handle], Endpoint]:
    return partial(
        Endpoint,
        path,
        "Export",
        limited=True,
        problems=(404, 406, 503),
        answer=tuple(MEDIA_TYPES.values()),
        description=_TABLE,
    )


@_table("/export/submissions")
async def export_submissions(exporter: Exporter, request: web.Request, query: TableQuery) -> web.StreamResponse:
    """Every submission with its score."""
    return await exporter.table(request, "submissions", query)


@_table("/export/submissions.{format}")
async def export_submissions_file(
    exporter: Exporter, request: web.Request, query: TableFileQuery
) -> web.StreamResponse:
    """The same, by the file's extension."""
    return await exporter.table(request, "submissions", query)


@_table("/export/tasks")
async def export_tasks(exporter: Exporter, request: web.Request, query: TableQuery) -> web.StreamResponse:
    """Every task that a submission has a file of, and how much of it was solved."""
    return await exporter.table(request, "tasks", query)


@_table("/export/tasks.{format}")
async def export_tasks_file(exporter: Exporter, request: web.Request, query: TableFileQuery) -> web.StreamResponse:
    """The same, by the file's extension."""
    return await exporter.table(request, "tasks", query)


@_table("/export/attempts")
async def export_attempts(exporter: Exporter, request: web.Request, query: AttemptsQuery) -> web.StreamResponse:
    """Every attempt at every task: its answers, which are right, what it cost."""
    return await exporter.table(request, "attempts", query, with_text=query.with_text)


@_table("/export/attempts.{format}")
async def export_attempts_file(
    exporter: Exporter, request: web.Request, query: AttemptsFileQuery
) -> web.StreamResponse:
    """The same, by the file's extension."""
    return await exporter.table(request, "attempts", query, with_text=query.with_text)


@partial(
    Endpoint, "/export/snapshot", "Export", limited=True, problems=(404, 406, 503), answer=ZIP, description=_SNAPSHOT
)
async def export_snapshot(exporter: Exporter, request: web.Request, query: SnapshotQuery) -> web.StreamResponse:
    """All tables of one instant, with a manifest (ZIP)."""
    return await exporter.archive(request, query)


ENDPOINTS = (
    export_snapshot,
    export_submissions,
    export_submissions_file,
    export_tasks,
    export_tasks_file,
    export_attempts,
    export_attempts_file,
)
