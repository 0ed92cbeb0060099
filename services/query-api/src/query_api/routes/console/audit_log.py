"""What admins did: for other admins."""

from functools import partial

import asyncpg

from query_api.routes.endpoint import Endpoint
from query_api.schemas.console.audit_shapes import AuditAnswer, AuditQuery
from query_api.store import admin_actions


@partial(Endpoint, "/api/admin/audit", "Admin", problems=(503,), secured="adminToken")
async def list_admin_actions(pool: asyncpg.Pool, query: AuditQuery) -> AuditAnswer:
    """What admins did: who, what, when, and how it ended; the last first."""
    total, found = await admin_actions.read(pool, query)
    return AuditAnswer(total=total, data=tuple(found))


ENDPOINTS = (list_admin_actions,)
