"""Every route of the API, in the order in which the documentation shows them."""

from query_api import routes_history, routes_live, routes_view
from query_api.endpoints import Endpoint

ENDPOINTS: tuple[Endpoint, ...] = (
    *routes_view.ENDPOINTS,
    *routes_history.ENDPOINTS,
    *routes_live.ENDPOINTS,
)
