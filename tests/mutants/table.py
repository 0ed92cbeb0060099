"""Which tests can kill a module's mutants: without a server where that is possible, and the quick ones."""

_TRANSFORM = "tests/ingester/submission/test_transform.py"

TESTS = {
    "ingester.submission.aggregate": ["tests/ingester/submission/test_aggregate.py"],
    "ingester.submission.answers": ["tests/ingester/submission/test_answers.py"],
    "ingester.submission.coercion": ["tests/ingester/submission/test_coercion.py"],
    "ingester.submission.documents": ["tests/ingester/submission/test_documents.py"],
    "ingester.submission.error_kinds": ["tests/ingester/submission/test_error_kinds.py"],
    "ingester.submission.limits": [
        "tests/ingester/submission/test_usage.py",
        "tests/ingester/submission/test_memory_estimate.py",
        "-k",
        "not takes_more_memory",
    ],
    "ingester.download.plan": ["tests/ingester/download/test_plan.py"],
    "ingester.submission.staged_row": [_TRANSFORM],
    "ingester.submission.scoring": [
        "tests/ingester/submission/test_scoring.py",
        _TRANSFORM,
        "-k",
        "not verifier and not bundled",
    ],
    "ingester.store.statements.explanations": ["tests/ingester/store/test_answer_rows.py"],
    "ingester.store.statements.ingestion_runs": ["tests/ingester/store/test_runs.py"],
    "ingester.store.statements.models": [
        "tests/ingester/store/test_session.py",
        "tests/ingester/store/test_versions.py",
        "tests/ingester/store/test_lock_waiters.py",
    ],
    "ingester.store.statements.submission_versions": ["tests/ingester/store/test_versions.py"],
    "ingester.store.statements.waiting_requests": ["tests/ingester/store/test_lock_waiters.py"],
    "ingester.submission.attempts": ["tests/ingester/submission/test_attempts.py"],
    "ingester.submission.near_misses": ["tests/ingester/submission/test_near_misses.py"],
    "ingester.submission.reasoning": ["tests/ingester/submission/test_reasoning.py"],
    "ingester.submission.transform": [
        _TRANSFORM,
        "tests/ingester/submission/test_documents.py",
        "tests/ingester/submission/test_scoring.py",
        "tests/ingester/submission/test_memory_estimate.py",
        "-k",
        "not takes_more_memory and not escaped",
    ],
    "ingester.submission.usage": ["tests/ingester/submission/test_usage.py", _TRANSFORM, "-k", "not bundled"],
    "ingester.submission.memory_estimate": [
        "tests/ingester/submission/test_memory_estimate.py",
        "-k",
        "not takes_more_memory",
    ],
    "watcher.compare": ["tests/watcher/test_compare.py"],
    "watcher.poll": ["tests/watcher/test_times.py", "tests/watcher/test_poll.py"],
    "watcher.store.statements": ["tests/watcher/store/test_syncs.py", "tests/watcher/store/test_versions.py"],
    "watcher.sync": ["tests/watcher/test_times.py", "tests/watcher/test_compare.py"],
    "common.arc.task_sets": ["tests/common/arc/test_task_sets.py", "-k", "not stay_small"],
    "common.events": ["tests/common/test_events.py"],
    "common.hub.git_tree": ["tests/common/hub/test_git_tree.py"],
    "common.hub.network": ["tests/common/hub/test_network.py"],
    "common.model_names": ["tests/common/test_model_names.py"],
    "common.outcomes": ["tests/common/test_outcomes.py"],
    "common.process.outage": ["tests/common/process/test_outage.py"],
    "common.hub.quota": ["tests/common/hub/test_quota.py"],
    "common.bus.resume": ["tests/common/bus/test_resume.py"],
    "common.bus.stored": ["tests/common/bus/test_stored.py"],
    "common.schedule": ["tests/common/test_schedule.py", "tests/watcher/test_settings.py"],
    "common.bus.servers": ["tests/common/bus/test_servers.py"],
    "query_api.server.request_parsing": ["tests/query_api/server/test_request_parsing.py"],
    "query_api.view.answer_statistics": ["tests/query_api/view/test_answer_statistics.py"],
    "query_api.view.answers": [
        "tests/query_api/view/test_answers.py",
        "tests/query_api/routes/test_latest_model.py::test_an_answer_expires_at_midnight_or_at_the_next_tick",
        "tests/query_api/routes/test_latest_model.py::test_days_are_calendar_days_in_utc",
        "tests/query_api/routes/test_latest_model.py::test_days_are_of_utc_wherever_the_machine_stands",
        "tests/query_api/routes/test_latest_model.py::test_days_read_as_people_say_them",
    ],
    "query_api.routes.access": [
        "tests/query_api/routes/test_access_secrets.py",
        "tests/query_api/routes/test_access.py",
    ],
    "query_api.view.version_changes": ["tests/query_api/view/test_version_changes.py"],
    "query_api.view.event_id": ["tests/query_api/view/test_event_id.py"],
    "query_api.view.frames": ["tests/query_api/view/test_frames.py"],
    "query_api.server.response_cache": [
        "tests/query_api/server/test_response_cache.py",
        "tests/query_api/view/test_answers.py",
    ],
    "query_api.store.repair": ["tests/query_api/store/test_repair.py"],
    "query_api.store.statements": [
        "tests/query_api/store/test_submissions.py",
        "tests/query_api/store/test_runs.py",
        "tests/query_api/store/test_task_attempts.py",
    ],
    "query_api.view.provenance": ["tests/query_api/view/test_provenance.py"],
    "query_api.view.task_sets": ["tests/query_api/view/test_task_sets.py"],
    "query_api.view.snapshot": ["tests/query_api/view/test_snapshot.py"],
}

# Of these the statements are changed, not the Python.
SQL = frozenset(
    {
        "ingester.store.statements.explanations",
        "ingester.store.statements.ingestion_runs",
        "ingester.store.statements.models",
        "ingester.store.statements.submission_versions",
        "ingester.store.statements.waiting_requests",
        "query_api.store.statements",
        "watcher.store.statements",
    }
)
