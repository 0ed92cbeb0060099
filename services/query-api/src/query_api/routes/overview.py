"""The overview: the latest model, all submissions and the schedule, answered by the cached view as prebuilt bytes."""

from query_api.routes.endpoint import Endpoint
from query_api.schemas.cached import (
    CronStatusAnswer,
    LatestAnswer,
    LatestQuery,
    ModelsAnswer,
    ModelsQuery,
)
from query_api.view import answers

ENDPOINTS: tuple[Endpoint[None], ...] = (
    Endpoint(
        path="/api/metrics/latest-model",
        name="getLatestModel",
        summary="The newest submission, and the label that dashboards show",
        tag="Latest",
        query=LatestQuery,
        answer=LatestAnswer,
        render=answers.latest_model,
    ),
    Endpoint(
        path="/api/models",
        name="listModels",
        summary="Every submission with its scores and coverage",
        tag="Models",
        query=ModelsQuery,
        answer=ModelsAnswer,
        render=answers.models,
    ),
    Endpoint(
        path="/api/admin/cron-status",
        name="getCronStatus",
        summary="When the next sync is due, and how the last one went",
        tag="Admin",
        answer=CronStatusAnswer,
        render=answers.cron_status,
    ),
)
