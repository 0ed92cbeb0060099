"""The latest model, all submissions and the schedule, from the cached view; and what is known of one submission."""

from query_api.routes.endpoint import Endpoint
from query_api.routes.one_model import detail, page
from query_api.schemas.cached import ModelsAnswer
from query_api.view.answers import (
    get_cron_status,
    get_harness_accuracy,
    get_latest_model,
    get_quick_stats,
    list_models,
)

ENDPOINTS = (
    Endpoint("/api/metrics/latest-model", "Latest", get_latest_model, problems=(404,)),
    Endpoint("/api/models", "Models", list_models, answer=ModelsAnswer, problems=(404, 422)),
    Endpoint("/api/accuracy/harness", "Analytics", get_harness_accuracy, problems=(404, 422)),
    Endpoint("/api/admin/quick-stats", "Admin", get_quick_stats),
    Endpoint("/api/admin/cron-status", "Admin", get_cron_status),
    *detail.ENDPOINTS,
    *page.ENDPOINTS,
)
