"""What `arcwatch doctor` looks at on NATS: streams and durables, their room, what waits, the dead letters."""

import contextlib
from collections.abc import Iterable

from common.bus import dead_letters, topology
from common.bus.storing import store
from common.bus.topology import DEAD_STREAM, DURABLES, STREAM, Durable
from common.process.outage import BusFullError, reason_of
from nats.aio.client import Client
from nats.js import JetStreamContext
from nats.js.errors import APIError, NotFoundError

from arcwatch.clients.bus import connected
from arcwatch.doctor.checks import Finding, Verdict, ok
from arcwatch.errors import DeploymentError

_TIMEOUT_SECONDS = 5.0
# As ArcwatchStreamNearlyFull, whose runbook sends people here.
_NEARLY_FULL = 0.8
_MEBIBYTE = 1024**2
# Subjects that no consumer has.
_PROBES = {STREAM: "sync.doctor", DEAD_STREAM: "dead.doctor"}


async def bus(url: str, replicas: int = 1) -> Iterable[Finding]:
    """Look at everything that NATS knows. `replicas` is what the topology was applied with."""
    try:
        async with connected(url) as client:
            js = client.jetstream(timeout=_TIMEOUT_SECONDS)
            findings = [*_drift(await topology.drift(js, replicas))]
            for stream in (STREAM, DEAD_STREAM):
                with contextlib.suppress(NotFoundError):  # said by the drift
                    findings += [await _room(js, stream), *await _stores(js, stream)]
            for durable in DURABLES:
                with contextlib.suppress(NotFoundError):  # said by the drift
                    findings.append(await _waiting(js, durable))
            return [*findings, await _dead_letters(client)]
    except DeploymentError as error:
        return [Finding("NATS", Verdict.PROBLEM, str(error), "is it running, and is NATS_URL right?")]
    except APIError as error:
        advice = "give the server a `jetstream` block (deploy/nats/nats.conf), and a majority of its nodes"
        return [Finding("NATS", Verdict.PROBLEM, reason_of(error), advice)]


def _drift(found: list[topology.Drift]) -> Iterable[Finding]:
    if not found:
        yield ok("NATS", "reachable; the topology is as it should be")
    for each in found:
        replicas = each.field == "num_replicas"
        advice = "arcwatch topology apply" + (
            " --replicas N, with N as it should be (NATS_REPLICAS)" if replicas else ""
        )
        yield Finding("NATS", Verdict.PROBLEM, str(each), advice)


async def _room(js: JetStreamContext, stream: str) -> Finding:
    info = await js.stream_info(stream)
    check, limit = f"stream {stream}", info.config.max_bytes or 0
    if limit <= 0:
        return ok(check, f"{info.state.bytes / _MEBIBYTE:.1f} MiB used, no limit")
    used = info.state.bytes / limit
    found = f"{info.state.bytes / _MEBIBYTE:.1f} of {limit / _MEBIBYTE:.0f} MiB used ({used:.0%})"
    if used < _NEARLY_FULL:
        return ok(check, found)
    return Finding(check, Verdict.WARNING, found, "deploy/runbooks/ArcwatchStreamNearlyFull.md says how to make room")


async def _stores(js: JetStreamContext, stream: str) -> Iterable[Finding]:
    """Store a message that nobody reads, and take it off again: nothing else shows that a stream takes none."""
    try:
        stored = await store(js, _PROBES[stream], b"", stream=stream, headers={})
        await js.delete_msg(stream, stored.seq)
    except BusFullError as error:
        if isinstance(error.__cause__, APIError):
            return []  # its limit is reached, which its room says
        advice = "make room on its disk, then restart it: deploy/runbooks/ArcwatchDiskFull.md"
        return [Finding(f"stream {stream}", Verdict.PROBLEM, str(error), advice)]
    return []


async def _waiting(js: JetStreamContext, durable: Durable) -> Finding:
    info = await js.consumer_info(STREAM, durable.name)
    pending, at_work, again = info.num_pending or 0, info.num_ack_pending or 0, info.num_redelivered or 0
    check = f"durable {durable.name}"
    found = f"{pending} wait, {at_work} delivered and not settled, {again} of them more than once"
    if pending and not at_work and not info.num_waiting:
        advice = f"no process takes them: start the {durable.name}, or look into its log"
        return Finding(check, Verdict.WARNING, found, advice)
    if again:
        return Finding(check, Verdict.WARNING, found, f"the log of the {durable.name} says why: delivery.retry")
    return ok(check, found)


async def _dead_letters(client: Client) -> Finding:
    try:
        number = len(await dead_letters.listed(client))
    except dead_letters.DeadLetterError:
        return Finding("dead letters", Verdict.PROBLEM, "their stream is missing", "arcwatch topology apply")
    if not number:
        return ok("dead letters", "none")
    advice = "arcwatch dead ls says why; then arcwatch dead replay, or arcwatch dead rm"
    return Finding("dead letters", Verdict.WARNING, str(number), advice)
