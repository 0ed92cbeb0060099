"""Every route of the API, in the order in which the documentation shows them."""

from query_api.routes import admin, analytics, feed, history, hub, live, models, overview, status, tasks, webhook
from query_api.routes.endpoint import Endpoint

ENDPOINTS: tuple[Endpoint, ...] = (
    *overview.ENDPOINTS,
    *models.ENDPOINTS,
    *tasks.ENDPOINTS,
    *analytics.ENDPOINTS,
    *history.ENDPOINTS,
    *hub.ENDPOINTS,
    *admin.ENDPOINTS,
    *live.ENDPOINTS,
    *feed.ENDPOINTS,
    *webhook.ENDPOINTS,
    *status.ENDPOINTS,
)
