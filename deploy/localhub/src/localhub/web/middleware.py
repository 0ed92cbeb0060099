"""What every request passes: the log, the latency, the quota, the faults, and errors made into answers."""

import asyncio

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from localhub.errors import HubError
from localhub.faults import ConnectionCut, Exchange
from localhub.quota import QuotaMeter, kind_of
from localhub.rules import Faults
from localhub.web.requestlog import LoggedRequest, RequestLog


class Gate:
    """Stands before the routes. `latency` and `meter` may be changed while the server runs."""

    def __init__(self, log: RequestLog, faults: Faults, meter: QuotaMeter) -> None:
        self._log = log
        self._faults = faults
        self.meter = meter
        self.latency = 0.0

    @property
    def middleware(self) -> Middleware:
        @web.middleware
        async def pass_through(request: web.Request, handler: Handler) -> web.StreamResponse:
            return await self._logged(request, handler)

        return pass_through

    async def _logged(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        status = 0
        try:
            response = await self._answer(request, handler)
            status = response.status
        except ConnectionCut:
            # aiohttp wants a response; nothing of it reaches the closed connection
            return web.Response(status=499)
        else:
            return response
        finally:
            self._log.append(
                LoggedRequest(request.method, request.path, request.query_string, status, dict(request.headers))
            )

    async def _answer(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if self.latency:
            await asyncio.sleep(self.latency)
        allowed, headers = self.meter.take(kind_of(request.path), request.headers.get("Authorization", ""))
        if not allowed:
            return web.json_response({"error": "Too Many Requests"}, status=429, headers=headers)

        async def answer() -> web.Response:
            return await _handled(request, handler)

        fault = self._faults.striking(request)
        response = await (fault.respond(Exchange(request, answer)) if fault else answer())
        if not response.prepared:
            for name, value in headers.items():
                response.headers.setdefault(name, value)
        return response


async def _handled(request: web.Request, handler: Handler) -> web.Response:
    try:
        response = await handler(request)
    except HubError as error:
        return error.response()
    if not isinstance(response, web.Response):
        raise TypeError(f"{request.path} was not answered whole")
    return response
