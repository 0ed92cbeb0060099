"""One ingestion of 400 files, by pack and by file, against downloading the same files and doing nothing with them.

Each round runs the floor, the Hub's own client and both of ours after each other on the same Hub, in the same process;
ours is a new submission, as a watcher's event names it. Where git is installed, its own `upload-pack` makes packs in
place of the local Hub then: its search for deltas takes time, and saves bytes.
"""

import asyncio
import shutil
import tempfile
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

from huggingface_hub.utils.tqdm import disable_progress_bars

from tests.bench.hub.running import RunningHub, running_hub
from tests.bench.hub.submissions import compression, write_submission
from tests.bench.ingestion.ingesters import FILES, IN_WORDS, PACK
from tests.bench.ingestion.subject import Subject, subject
from tests.bench.report import figure, ratio, title
from tests.bench.servers import servers
from tests.support.submissions import V1

MODEL = "m"
LATENCIES = (0.15, 0.05, 0.0)
# By latency: what an ingestion may take of the download's time; at 0 ms, of that and a COPY of the same bytes.
TARGETS = {(0.15, PACK): "0.5", (0.05, FILES): "1.15", (0.0, PACK): "1.15", (0.0, FILES): "1.3"}
MEGABYTE = 1024 * 1024


def main(rounds: int) -> None:
    """Run every latency, by the local Hub and by Debian's git."""
    disable_progress_bars()
    asyncio.run(_main(rounds))


async def _main(rounds: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        write_submission(place / "hub", V1, MODEL)
        async with servers(place) as (database_url, nats_url):
            with running_hub(place / "hub") as hub:
                urls = {"hf_endpoint": hub.url, "database_url": database_url, "nats_url": nats_url}
                async with subject(MODEL, **urls) as measured:
                    await _all(measured, hub, rounds)


async def _all(measured: Subject, hub: RunningHub, rounds: int) -> None:
    bodies, _ = await measured.download()
    size = sum(map(len, bodies)) / MEGABYTE
    submission = f"{len(bodies)} files, {size:.0f} MB, {compression(bodies):.1f} times smaller under zlib"
    for latency in LATENCIES:
        hub.order(latency=latency)
        seconds = await _rounds(measured, rounds, (PACK, FILES))
        title(f"Ingestion of {submission}; Hub latency {latency * 1000:.0f} ms")
        _print(latency, seconds)
    if shutil.which("git") is None:
        return
    hub.order(debian=True)
    for latency in LATENCIES:
        hub.order(latency=latency)
        seconds = await _rounds(measured, rounds, (PACK,))
        title(f"The same by Debian's git, which looks for deltas; Hub latency {latency * 1000:.0f} ms")
        _print(latency, seconds)


async def _rounds(measured: Subject, rounds: int, transports: tuple[str, ...]) -> dict[str, list[float]]:
    """Return the seconds of each way, round by round."""
    seconds: dict[str, list[float]] = defaultdict(list)
    for transport in transports:
        await measured.ingest(transport)
    for _ in range(rounds):
        if FILES in transports:
            seconds["snapshot"].append(await asyncio.to_thread(measured.snapshot))
        # The floor and ours stand side by side: the machine's speed drifts within seconds.
        bodies, download = await measured.download()
        seconds["download"].append(download)
        seconds["floor"].append(download + await measured.copy(bodies))
        bodies.clear()
        for transport in transports:
            seconds[transport].append(await measured.ingest(transport))
        seconds["rows"].append(download + await measured.copy_rows())
    return seconds


def _print(latency: float, seconds: Mapping[str, list[float]]) -> None:
    names = {
        PACK: f"ours {IN_WORDS[PACK]}",
        FILES: f"ours {IN_WORDS[FILES]}",
        "download": "floor: download with the same concurrency",
        "snapshot": "rival: snapshot_download of huggingface_hub",
    }
    for each, name in names.items():
        if each in seconds:
            figure(name, seconds[each], "s")
    floor, of = ("download", "download") if latency else ("floor", "(download + COPY of the same bytes)")
    for transport, name in IN_WORDS.items():
        if transport in seconds:
            target = TARGETS.get((latency, transport), "") if FILES in seconds else ""
            ratio(f"{name} / {of}", seconds[transport], seconds[floor], target)
            if not latency:
                ratio(f"{name} / (download + COPY of the same rows)", seconds[transport], seconds["rows"])
