"""What every request passes: the quota, and errors made into answers."""

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from localhub.errors import HubError
from localhub.quota import QuotaMeter, kind_of


class Gate:
    """Stands before the routes. `meter` may be changed while the server runs."""

    def __init__(self, meter: QuotaMeter) -> None:
        self.meter = meter

    @property
    def middleware(self) -> Middleware:
        @web.middleware
        async def pass_through(request: web.Request, handler: Handler) -> web.StreamResponse:
            return await self._answer(request, handler)

        return pass_through

    async def _answer(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        allowed, headers = self.meter.take(kind_of(request.path), request.headers.get("Authorization", ""))
        if not allowed:
            return web.json_response({"error": "Too Many Requests"}, status=429, headers=headers)
        try:
            response = await handler(request)
        except HubError as error:
            response = error.response()
        response.headers.update(headers)
        return response
