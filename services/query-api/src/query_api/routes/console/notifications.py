"""Outgoing notifications: which channels the notifier has, what becomes of their messages, and a test of one."""

from functools import partial

import asyncpg
import structlog
from aiohttp import web
from common.process.choices import no_such

from query_api.routes.console.audited import deed_of
from query_api.routes.endpoint import Endpoint
from query_api.schemas.console.notification_shapes import ChannelTested, NotificationsAnswer, OneChannelQuery
from query_api.schemas.problems import ProblemError
from query_api.store import notification_channels

log = structlog.get_logger(__name__)
_PATH = "/api/admin/notifications"


@partial(Endpoint, _PATH, "Admin", problems=(503,), secured="adminToken")
async def list_channels(pool: asyncpg.Pool) -> NotificationsAnswer:
    """The channels of outgoing notifications: what each takes, and what became of its messages."""
    return await notification_channels.read(pool)


@partial(
    Endpoint,
    f"{_PATH}/{{name}}/test",
    "Admin",
    method="POST",
    status=202,
    problems=(404, 422, 503),
    secured="adminToken",
)
async def try_channel(pool: asyncpg.Pool, request: web.Request, query: OneChannelQuery) -> ChannelTested:
    """Have the notifier send a test message to a channel, once: `lastTest` of the channel tells what becomes of it."""
    found = {each.name: each for each in (await notification_channels.read(pool)).data if each.kind is not None}
    channel = found.get(query.name)
    if channel is None:
        raise ProblemError(404, no_such("channel", query.name, found, "the notifier's file"))
    if not channel.running:
        raise ProblemError(
            422, f"the notifier does not run: it last said at {channel.seen_at:%Y-%m-%d %H:%M} UTC that it does"
        )
    deed = deed_of(request, "notifications.test", channel=query.name)
    asked = await notification_channels.ask_test(pool, query.name, deed)
    log.info("admin.channel_tested", by=deed.actor, channel=query.name)
    return ChannelTested(data=asked)


ENDPOINTS = (list_channels, try_channel)
