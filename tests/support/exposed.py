"""The names of all samples that running services expose."""

from prometheus_client.parser import text_string_to_metric_families

from tests.support.system import System

_OF_HISTOGRAMS = ("_bucket", "_sum", "_count")


async def exposed(system: System) -> set[str]:
    """Return every sample's name, of labelled metrics without a sample yet too."""
    names: set[str] = set()
    for service in system.ops:
        for family in text_string_to_metric_families(await system.metrics(service)):
            names |= {sample.name for sample in family.samples}
            # The format names a counter with `_total` only in its samples.
            names |= {f"{family.name}_total"} if family.type == "counter" else {family.name}
            names |= {f"{family.name}{suffix}" for suffix in _OF_HISTOGRAMS if family.type == "histogram"}
    return names
