"""`python -m notifier.trial NAME`: sends a test message to a channel, once, from where the notifier runs."""

import asyncio
import sys

from common.process.settings import load, stop

from notifier.sending.trials import send_test
from notifier.settings import Settings


def main() -> None:
    """Say whether the channel took it; exit 0 then, else 1 with one line."""
    settings = load(Settings)
    name = " ".join(sys.argv[1:])
    try:
        tried = asyncio.run(send_test(settings.channels, name, settings.site))
    except LookupError as error:
        stop(str(error), 1)
    if tried.reason is not None:
        stop(f"{name} did not take the message ({tried.kind}): {tried.reason}", 1)
    print(f"{name} took the message")  # noqa: T201 - the answer


if __name__ == "__main__":
    main()
