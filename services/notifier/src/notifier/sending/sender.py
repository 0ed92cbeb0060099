"""Sends one message by the channel's kind."""

from notifier.channels.channel import Channel
from notifier.news.message import Message
from notifier.sending import chat, webhook
from notifier.sending.errors import DeliveryError


async def send(channel: Channel, message_id: str, message: Message) -> None:
    """Send a message once; raise DeliveryError where the receiver did not take it."""
    try:
        if channel.kind == "webhook":
            await webhook.post(channel, message_id, message)
        else:
            await chat.post(channel, message)
    except (OSError, UnicodeDecodeError) as error:
        raise DeliveryError("secret_file", f"a file of the channel cannot be read: {error}") from error
    except DeliveryError:
        raise
    except Exception as error:
        # Of a library: it must not end the others' work.
        raise DeliveryError("unexpected", type(error).__name__) from error
