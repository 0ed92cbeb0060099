"""Webhooks as Standard Webhooks has them: signed, with an id that stays the same when a message is sent again."""

import base64
import hashlib
import hmac
import time
from collections.abc import Iterable
from http import HTTPStatus

import aiohttp

from notifier.channels.channel import Channel
from notifier.channels.secrets import key_of
from notifier.news.message import Message
from notifier.sending.errors import DeliveryError, FailureKind
from notifier.sending.public_addresses import PrivateAddressError, public_socket

_TIMEOUT = aiohttp.ClientTimeout(total=20.0, connect=10.0)
_USER_AGENT = "arcwatch"
_LONGEST_WAIT_SECONDS = 86_400.0


def headers_of(message_id: str, at: int, body: bytes, secrets: Iterable[str]) -> dict[str, str]:
    """Return the headers that name and sign a body: a signature for each secret."""
    signed = f"{message_id}.{at}.".encode() + body
    digests = (hmac.new(key_of(secret), signed, hashlib.sha256).digest() for secret in secrets)
    signatures = " ".join(f"v1,{base64.b64encode(digest).decode()}" for digest in digests)
    return {"webhook-id": message_id, "webhook-timestamp": str(at), "webhook-signature": signatures}


async def post(channel: Channel, message_id: str, message: Message) -> None:
    """Send a message once; raise DeliveryError where the receiver did not take it. No redirect is followed."""
    body = message.body.encode()
    headers = {
        "Content-Type": "application/json",
        "User-Agent": _USER_AGENT,
        **headers_of(message_id, int(time.time()), body, channel.current_secrets()),
    }
    # A connection of its own: what was allowed for one channel is not lent to another.
    connector = aiohttp.TCPConnector(
        force_close=True, use_dns_cache=False, socket_factory=None if channel.allow_private else public_socket
    )
    try:
        async with (
            aiohttp.ClientSession(connector=connector, timeout=_TIMEOUT, trust_env=True) as http,
            http.post(channel.current_url(), data=body, headers=headers, allow_redirects=False) as answer,
        ):
            _judge(answer)
    except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
        raise _failure(error) from error


def _judge(answer: aiohttp.ClientResponse) -> None:
    status = answer.status
    if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        return
    said = f"it answers {status}"
    if status == HTTPStatus.GONE:
        raise DeliveryError("gone", f"{said}: it wants no more messages", final=True)
    if status < HTTPStatus.BAD_REQUEST:
        raise DeliveryError("redirect", f"{said}, and redirects are not followed: give the channel the new URL")
    kind: FailureKind = "server_error" if status >= HTTPStatus.INTERNAL_SERVER_ERROR else "refused"
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        kind = "throttled"
    raise DeliveryError(kind, said, retry_after=_wait(answer.headers.get("Retry-After", "")))


def _wait(asked: str) -> float | None:
    return min(float(asked), _LONGEST_WAIT_SECONDS) if asked.isascii() and asked.isdigit() else None


def _failure(error: Exception) -> DeliveryError:
    private = _private(error)
    if private is not None:
        return DeliveryError("private_address", str(private))
    if isinstance(error, TimeoutError):
        return DeliveryError("timeout", f"no answer within {_TIMEOUT.total:.0f} s")
    if isinstance(error, aiohttp.ClientSSLError | aiohttp.ClientConnectorCertificateError):
        return DeliveryError("tls", f"its certificate or its TLS is not accepted: {error}")
    # The words of the others may hold the URL, which may hold a token.
    return DeliveryError("connection_lost", f"no connection, or one that ended early ({type(error).__name__})")


def _private(error: BaseException | None) -> PrivateAddressError | None:
    """Return the refusal among what led to an error."""
    while error is not None:
        if isinstance(error, PrivateAddressError):
            return error
        inner = getattr(error, "os_error", None)
        error = inner if isinstance(inner, PrivateAddressError) else error.__cause__ or error.__context__
    return None
