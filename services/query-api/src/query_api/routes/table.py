"""Every route of the API, in the order in which the documentation shows them."""

from query_api.routes import admin, analytics, feed, history, hub, live, model, status, tasks, view, webhook
from query_api.routes.endpoint import Endpoint

ENDPOINTS: tuple[Endpoint, ...] = (
    *view.ENDPOINTS,
    *model.ENDPOINTS,
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
