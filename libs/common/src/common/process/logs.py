"""Logging for every service: structlog on top of the standard library, console or JSON, one line per event."""

import logging
import sys

import stamina.instrumentation
import structlog

from common.process import tracing

# These log each request or reconnect at info; our own lines say what matters.
_NOISY = ("httpx2", "httpx", "huggingface_hub", "asyncio", "aiohttp.access", "faststream", "nats")
# Logs each second, with a traceback, that the database is away. We do once: common.process.outage.
_REPEATING = ("asyncpg",)


def configure(level: str, fmt: str, service: str, instance: str = "") -> None:
    """Set up logs for this process; every line carries the service (and instance) it came from."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        tracing.add_ids,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    if fmt == "json":
        final: list[structlog.typing.Processor] = [
            structlog.processors.format_exc_info,
            structlog.processors.EventRenamer("message"),
            structlog.processors.JSONRenderer(),
        ]
    else:
        # The default traceback shows each frame's variables, passwords in URLs among them, and takes half a second.
        plain = structlog.dev.plain_traceback
        final = [structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), pad_event_to=0, exception_formatter=plain)]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *final],
        )
    )
    logging.basicConfig(handlers=[handler], level=level.upper(), force=True)
    for name in _NOISY:
        logging.getLogger(name).setLevel(logging.WARNING)
    for name in _REPEATING:
        logging.getLogger(name).setLevel(logging.ERROR)
    # The Hub's client installs another handler, and would log everything twice.
    logging.getLogger("huggingface_hub").handlers.clear()
    stamina.instrumentation.set_on_retry_hooks([_log_retry])
    structlog.contextvars.bind_contextvars(service=instance or service)


def _log_retry(details: stamina.instrumentation.RetryDetails) -> None:
    # The last failure is logged where it is raised; of each try before, there is one line per file.
    structlog.get_logger("common.retry").debug(
        "retry",
        reason=str(details.caused_by),
        failed_tries=details.retry_num,
        wait_seconds=round(details.wait_for, 1),
    )
