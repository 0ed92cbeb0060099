"""Why a message was not taken, in a closed set of kinds."""

from typing import Literal, get_args

FailureKind = Literal[
    "connection_lost",
    "gone",
    "private_address",
    "redirect",
    "refused",
    "secret_file",
    "server_error",
    "throttled",
    "timeout",
    "tls",
    "unexpected",
]
KINDS: tuple[FailureKind, ...] = get_args(FailureKind)


class DeliveryError(Exception):
    """The receiver did not take the message. `final`: it says that it never will."""

    def __init__(
        self, kind: FailureKind, reason: str, *, retry_after: float | None = None, final: bool = False
    ) -> None:
        super().__init__(reason)
        self.kind: FailureKind = kind
        self.reason = reason
        self.retry_after = retry_after
        self.final = final
