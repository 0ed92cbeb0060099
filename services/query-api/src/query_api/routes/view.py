"""Routes that the cached view answers: no SQL, prebuilt bytes."""

from query_api.routes.endpoint import Endpoint
from query_api.schemas.cached import (
    CronStatusAnswer,
    CronStatusAsked,
    LatestAnswer,
    LatestAsked,
    ModelsAnswer,
    ModelsAsked,
)
from query_api.view import answers

ENDPOINTS = (
    Endpoint(
        path="/api/metrics/latest-model",
        name="getLatestModel",
        summary="The newest submission, and the label that dashboards show",
        tag="Latest",
        asked=LatestAsked,
        answer=LatestAnswer,
        render=answers.latest_model,
    ),
    Endpoint(
        path="/api/models",
        name="listModels",
        summary="Every submission with its scores and coverage",
        tag="Models",
        asked=ModelsAsked,
        answer=ModelsAnswer,
        render=answers.models,
    ),
    Endpoint(
        path="/api/admin/cron-status",
        name="getCronStatus",
        summary="When the next sync is due, and how the last one went",
        tag="Admin",
        asked=CronStatusAsked,
        answer=CronStatusAnswer,
        render=answers.cron_status,
    ),
)
