"""What `arcwatch doctor` asks the Hub: does it answer, does it know the token, may we read every dataset."""

import asyncio
from collections.abc import Iterable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus

import httpx2
from common.hub.quota import Quota
from common.process.settings import ServiceSettings

from arcwatch.doctor.checks import Finding, Verdict, clock, ok

_TIMEOUT_SECONDS = 10.0
_RETRIED_BY_ITSELF = "nothing is lost, it is tried again; see https://status.huggingface.co"


async def hub(settings: ServiceSettings) -> Iterable[Finding]:
    """Ask one question about the token and one about each dataset, once: whoever runs this waits for the answer."""
    headers = {"Authorization": f"Bearer {settings.token}"} if settings.token else {}
    async with httpx2.AsyncClient(
        base_url=settings.endpoint, headers=headers, timeout=_TIMEOUT_SECONDS, follow_redirects=True
    ) as http:
        try:
            first = await http.get("/api/whoami-v2")
        except httpx2.RequestError as error:
            # A protocol error quotes the header that it refuses, and with it the token.
            told = "" if isinstance(error, httpx2.ProtocolError) else str(error)
            found = f"{settings.endpoint} does not answer: {told or type(error).__name__}"
            return [Finding("Hub", Verdict.PROBLEM, found, "check HF_ENDPOINT, the network, and HTTPS_PROXY")]
        findings = [ok("Hub", f"{settings.endpoint} answers"), *_clock(first)]
        if settings.token:
            findings.append(_token(first))
        return [*findings, *await asyncio.gather(*(_dataset(http, name, settings) for name in settings.hf_datasets))]


def _clock(answer: httpx2.Response) -> Iterable[Finding]:
    try:
        theirs = parsedate_to_datetime(answer.headers.get("Date", ""))
    except ValueError:
        return
    # The header has whole seconds: in the middle of its second it errs least.
    yield clock("the Hub", theirs.replace(microsecond=500_000), datetime.now(UTC))


def _token(answer: httpx2.Response) -> Finding:
    if answer.status_code == HTTPStatus.OK:
        return ok("HF_TOKEN", f"is that of {_name(answer)}")
    if answer.status_code == HTTPStatus.UNAUTHORIZED:
        found = "the Hub answers 401: the token is wrong, expired or revoked"
        advice = "make one at https://huggingface.co/settings/tokens (role: read), set HF_TOKEN, restart the services"
        return Finding("HF_TOKEN", Verdict.PROBLEM, found, advice)
    found = f"the Hub answers {answer.status_code} when asked whose it is"
    return Finding("HF_TOKEN", Verdict.WARNING, found, _RETRIED_BY_ITSELF)


def _name(answer: httpx2.Response) -> str:
    try:
        return str(answer.json()["name"])
    except (ValueError, KeyError, TypeError):
        return "an account"


async def _dataset(http: httpx2.AsyncClient, name: str, settings: ServiceSettings) -> Finding:
    check = f"Hub: {name}"
    try:
        # The content, not the card: a gated dataset shows its card to everybody.
        answer = await http.get(f"/api/datasets/{name}/tree/main", params={"limit": 1})
    except httpx2.RequestError as error:
        return Finding(check, Verdict.PROBLEM, f"no answer: {type(error).__name__}", _RETRIED_BY_ITSELF)
    if answer.status_code == HTTPStatus.OK:
        return ok(check, f"readable{_left(answer)}")
    return Finding(
        check, Verdict.PROBLEM, f"the Hub answers {answer.status_code}", _advice(answer.status_code, settings)
    )


def _left(answer: httpx2.Response) -> str:
    quota = Quota()
    quota.learn(answer.headers)
    budget = quota.budgets.get("api")
    return f"; {budget.left} requests left of the api quota" if budget else ""


def _advice(status: int, settings: ServiceSettings) -> str:
    if status == HTTPStatus.UNAUTHORIZED and settings.token:
        return "the Hub refuses HF_TOKEN: replace it (see above)"
    if status == HTTPStatus.UNAUTHORIZED:
        return "it is private, or not there: set HF_TOKEN to that of an account that may read it, or mend HF_DATASETS"
    if status == HTTPStatus.FORBIDDEN:
        return "it is gated: accept its terms on its page with the account of HF_TOKEN"
    if status == HTTPStatus.NOT_FOUND:
        return "mend its name in HF_DATASETS, or give its account's token in HF_TOKEN if it is private"
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return "the quota is used up: wait five minutes, or set HF_TOKEN for a higher one"
    return _RETRIED_BY_ITSELF
