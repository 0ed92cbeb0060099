"""The overview: the latest model, all submissions, a score and the schedule, answered by the cached view."""

from query_api.routes.endpoint import Endpoint
from query_api.schemas.cached import ModelsAnswer
from query_api.view import answers

ENDPOINTS = (
    Endpoint("/api/metrics/latest-model", "Latest", answers.get_latest_model),
    Endpoint("/api/models", "Models", answers.list_models, answer=ModelsAnswer, problems=(404,)),
    Endpoint("/api/accuracy/harness", "Analytics", answers.get_harness_accuracy, problems=(404, 422)),
    Endpoint("/api/admin/quick-stats", "Admin", answers.get_quick_stats),
    Endpoint("/api/admin/cron-status", "Admin", answers.get_cron_status),
)
