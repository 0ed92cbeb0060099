"""Chats and e-mail, through Apprise. It blocks and makes its own connections: it runs in a thread that is watched."""

import asyncio
import contextlib
import contextvars
import importlib
import logging
import re
import sys
import threading
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any
from urllib.parse import unquote

from notifier.channels.channel import Channel
from notifier.news.message import Message
from notifier.sending.errors import DeliveryError
from notifier.sending.public_addresses import PrivateAddressError, check_public

_SECONDS = 60.0
_LONGEST_REASON = 300
# What of a URL may be a token.
_TOKENS = re.compile(r"[^/:@?&=,;]{6,}")
# Events of Python's audit; of each, the second argument is an address.
_CONNECTS = {"socket.connect", "socket.sendto", "socket.sendmsg"}
_thread = threading.local()


async def post(channel: Channel, message: Message) -> None:
    """Send a message once; raise DeliveryError where the service did not take it."""
    try:
        await asyncio.wait_for(_in_a_thread(lambda: _post(channel, message)), _SECONDS)
    except TimeoutError as error:
        raise DeliveryError("timeout", f"not done within {_SECONDS:.0f} s") from error


async def _in_a_thread(work: Callable[[], None]) -> None:
    """Run it in a thread of its own: one that hangs takes none of a pool's from others, and holds up no stop."""
    loop = asyncio.get_running_loop()
    ended: asyncio.Future[Exception | None] = loop.create_future()

    def end(error: Exception | None) -> None:
        if not ended.done():
            ended.set_result(error)

    def run() -> None:
        error: Exception | None = None
        try:
            work()
        except Exception as failure:  # noqa: BLE001 - raised in the task that waits
            error = failure
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(end, error)

    # In the context of who waits: log lines name the service.
    context = contextvars.copy_context()
    threading.Thread(target=context.run, args=(run,), name="apprise", daemon=True).start()
    if error := await ended:
        raise error


def _post(channel: Channel, message: Message) -> None:
    apprise = _apprise()
    asset = apprise.AppriseAsset(
        app_id="arcwatch", app_desc="arcwatch", app_url="", image_url_mask="", image_url_logo="", http_redirects=False
    )
    url = channel.current_url()
    with _watched(public=not channel.allow_private) as said:
        service = apprise.Apprise.instantiate(url, asset=asset, suppress_exceptions=True)
        if service is None:
            raise DeliveryError("refused", "Apprise does not understand its URL")
        kind = apprise.NotifyType.WARNING if message.grave else apprise.NotifyType.INFO
        taken = service.notify(
            body=message.text, title=message.title, notify_type=kind, body_format=apprise.NotifyFormat.TEXT
        )
    if private := _thread.refusal:
        raise DeliveryError("private_address", str(private))
    if not taken:
        raise DeliveryError("refused", _without_secrets("; ".join(said) or "Apprise does not say why", url))


def _apprise() -> ModuleType:
    """Load it where it is needed: it takes seconds and 20 MB. The command in containers comes without it."""
    try:
        return importlib.import_module("apprise")
    except ModuleNotFoundError as error:
        raise DeliveryError("unexpected", "Apprise is not installed here: try from where the notifier runs") from error


@contextlib.contextmanager
def _watched(*, public: bool) -> Iterator[list[str]]:
    """Collect what Apprise says in this thread, and let the thread connect to public addresses only."""
    _watch_connections()
    _thread.public, _thread.refusal = public, None
    _thread.said = []
    try:
        yield _thread.said
    finally:
        _thread.public, _thread.said = False, None


class _Collector(logging.Handler):
    """Keeps what Apprise logs for the thread that it logs in; nothing of it reaches our log, as it may hold tokens."""

    def emit(self, record: logging.LogRecord) -> None:
        said = getattr(_thread, "said", None)
        # The reason of a failure is told in a line of debugging.
        if said is not None and (record.levelno >= logging.WARNING or "Exception" in record.msg):
            said.append(record.getMessage())


def _watch_connections() -> None:
    """Have Python ask before each connection, whichever library makes it. Once: such a hook cannot be removed."""
    global _watching  # noqa: PLW0603
    with _lock:
        if _watching:
            return
        _watching = True
        sys.addaudithook(_before)
        logger = logging.getLogger("apprise")
        logger.addHandler(_Collector())
        logger.setLevel(logging.DEBUG)
        logger.propagate = False


_watching = False
_lock = threading.Lock()


def _before(event: str, arguments: tuple[Any, ...]) -> None:
    if event not in _CONNECTS or not getattr(_thread, "public", False):
        return
    where = arguments[1]
    try:
        check_public(where[0] if isinstance(where, tuple) else str(where))
    except PrivateAddressError as error:
        _thread.refusal = error
        raise


def _without_secrets(said: str, url: str) -> str:
    """Return an error's words without what the URL holds."""
    found = set(_TOKENS.findall(url.partition("://")[2]))
    for token in sorted(found | {unquote(token) for token in found}, key=len, reverse=True):
        said = said.replace(token, "…")
    said = re.sub(r"https?://\S+", "…", said)
    return said[:_LONGEST_REASON]
