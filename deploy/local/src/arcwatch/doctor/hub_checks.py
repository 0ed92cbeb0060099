"""What `arcwatch doctor` asks the Hub: does it know the token, may we read every dataset, how do files come."""

import asyncio
from collections.abc import Awaitable, Collection, Iterable, Sequence
from contextlib import aclosing
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from itertools import chain
from typing import TypeVar

from common.hub import renames
from common.hub.client import API, HubClient
from common.hub.pack_downloads import admit_all
from common.hub.quota import Quota
from common.hub.responses import HubRefusedError
from common.hub.transports import Choice, Transports, TransportSettings
from common.outcomes import StartupError, TransientError
from common.process.settings import ServiceSettings

from arcwatch.doctor.checks import Finding, Verdict, clock, ok

_TIMEOUT_SECONDS = 10.0
_RETRIED_BY_ITSELF = "nothing is lost, it is tried again; see https://status.huggingface.co"

_WITHOUT_PACKS = "files come one by one meanwhile, and packs are tried again; where it stays so, set HF_TRANSPORT=files"

T = TypeVar("T")


class HubSettings(ServiceSettings, TransportSettings):
    """What is needed to ask the Hub as an ingester does."""


async def hub(settings: HubSettings) -> Iterable[Finding]:
    """Ask one question about the token and one about each dataset, once: whoever runs this waits for the answer."""
    client = HubClient(
        settings.endpoint,
        settings.token,
        Quota(waits=False),
        attempts=1,
        call_seconds=_TIMEOUT_SECONDS,
        transports=Transports("pack"),
    )
    try:
        async with client:
            return await _findings(client, settings)
    except StartupError as error:
        return [Finding("Hub", Verdict.PROBLEM, str(error), "set that variable otherwise, or unset it")]


async def _findings(client: HubClient, settings: HubSettings) -> Iterable[Finding]:
    """Look at the token and the datasets; where the Hub is not there at all, that is the only finding."""
    first = await _answer(client.whoami() if settings.token else client.head(settings.hf_datasets[0]))
    if isinstance(first, TransientError) and first.kind == "hub_unreachable":
        found = f"{settings.endpoint}: {first}"
        return [Finding("Hub", Verdict.PROBLEM, found, "check HF_ENDPOINT, the network, and HTTPS_PROXY")]
    findings = [ok("Hub", f"{settings.endpoint} answers"), *_clock(client.date)]
    if settings.token:
        findings.append(_token(first))
    datasets = await asyncio.gather(*(_dataset(client, name, settings) for name in settings.hf_datasets))
    return [*findings, *chain.from_iterable(datasets)]


async def _answer(request: Awaitable[T]) -> T | TransientError:
    try:
        return await request
    except TransientError as error:
        return error


def _clock(date: str) -> Iterable[Finding]:
    try:
        theirs = parsedate_to_datetime(date)
    except ValueError:
        return
    # The header has whole seconds: in the middle of its second it errs least.
    yield clock("the Hub", theirs.replace(microsecond=500_000), datetime.now(UTC))


def _token(answer: str | TransientError) -> Finding:
    if not isinstance(answer, TransientError):
        return ok("HF_TOKEN", f"is that of {answer}")
    if isinstance(answer, HubRefusedError) and answer.status == HTTPStatus.UNAUTHORIZED:
        found = "the Hub answers 401: the token is wrong, expired or revoked"
        advice = "make one at https://huggingface.co/settings/tokens (role: read), set HF_TOKEN, restart the services"
        return Finding("HF_TOKEN", Verdict.PROBLEM, found, advice)
    return Finding("HF_TOKEN", Verdict.WARNING, f"when asked whose it is: {answer}", _RETRIED_BY_ITSELF)


async def _dataset(client: HubClient, name: str, settings: HubSettings) -> Sequence[Finding]:
    check = f"Hub: {name}"
    # The content, not the card: a gated dataset shows its card to everybody.
    answer = await _answer(client.folders(name))
    if isinstance(answer, TransientError):
        return [Finding(check, Verdict.PROBLEM, str(answer), _advice(answer, settings))]
    return [_readable(client, name), await _transport(client, name, answer, settings.hf_transport)]


def _readable(client: HubClient, name: str) -> Finding:
    check = f"Hub: {name}"
    if (now := client.renames.current(name)) != name:
        return Finding(check, Verdict.WARNING, f"readable; the Hub calls it {now}", renames.advice(name, now))
    budget = client.quota.budgets.get(API)
    return ok(check, f"readable; {budget.left} requests left of the api quota" if budget else "readable")


async def _transport(client: HubClient, name: str, folders: Collection[str], choice: Choice) -> Finding:
    """Say how the dataset's files come, and ask for one by pack, as no running ingester can be asked what it learnt."""
    check = f"transport: {name}"
    if choice == "files":
        return ok(check, "one request for each file, as HF_TRANSPORT=files says")
    try:
        brought = await _by_pack(client, name, min(folders, default=None))
    except TransientError as error:
        verdict = Verdict.PROBLEM if choice == "pack" else Verdict.WARNING
        advice = _WITHOUT_PACKS if choice == "auto" else "set HF_TRANSPORT=auto: files come one by one then"
        return Finding(check, verdict, f"packs do not come: {error}", advice)
    if brought is None:
        return ok(check, f"HF_TRANSPORT={choice}; there is no file yet to be asked for by pack")
    return ok(check, f"packs, with HF_TRANSPORT={choice}: one request of git brought {brought}")


async def _by_pack(client: HubClient, name: str, folder: str | None) -> str | None:
    """Return the path of a small file that came by pack; None where there is none to be had."""
    files = await client.files(name, folder, "main") if folder else []
    plain = [file for file in files if file.sha256 is None]
    if smallest := min(plain, key=lambda file: file.size, default=None):
        async with aclosing(client.download_pack(name, [smallest], admit_all)) as pack:
            async for file, _ in pack:
                return file.path
    return None


def _advice(answer: TransientError, settings: HubSettings) -> str:
    if answer.kind == "rate_limited":
        return "the quota is used up: wait five minutes, or set HF_TOKEN for a higher one"
    status = answer.status if isinstance(answer, HubRefusedError) else None
    if status == HTTPStatus.UNAUTHORIZED and settings.token:
        return "the Hub refuses HF_TOKEN: replace it (see above)"
    if status == HTTPStatus.UNAUTHORIZED:
        return "it is private, or not there: set HF_TOKEN to that of an account that may read it, or mend HF_DATASETS"
    if status == HTTPStatus.FORBIDDEN:
        return "it is gated: accept its terms on its page with the account of HF_TOKEN"
    if status == HTTPStatus.NOT_FOUND:
        return "mend its name in HF_DATASETS, or give its account's token in HF_TOKEN if it is private"
    return _RETRIED_BY_ITSELF
