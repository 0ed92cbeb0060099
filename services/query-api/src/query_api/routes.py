"""Every route of the API, in the order in which the documentation shows them."""

from query_api import (
    routes_admin,
    routes_analytics,
    routes_feed,
    routes_history,
    routes_hub,
    routes_live,
    routes_model,
    routes_status,
    routes_tasks,
    routes_view,
    routes_webhook,
)
from query_api.endpoints import Endpoint

ENDPOINTS: tuple[Endpoint, ...] = (
    *routes_view.ENDPOINTS,
    *routes_model.ENDPOINTS,
    *routes_tasks.ENDPOINTS,
    *routes_analytics.ENDPOINTS,
    *routes_history.ENDPOINTS,
    *routes_hub.ENDPOINTS,
    *routes_admin.ENDPOINTS,
    *routes_live.ENDPOINTS,
    *routes_feed.ENDPOINTS,
    *routes_webhook.ENDPOINTS,
    *routes_status.ENDPOINTS,
)
