"""Each alert fires when it should, is quiet before and after, names metrics that exist, and says what to do."""

import subprocess
from pathlib import Path

import pytest
from localhub import LocalHub

from tests.support import alert_rules
from tests.support.alert_cases import CASES, Case
from tests.support.exposed import exposed
from tests.support.submissions import V2, submission, tasks, unsolved
from tests.support.system import whole

_ALERTS = alert_rules.alerts()
_SECTIONS = ("## Meaning", "## Impact", "## Diagnosis", "## Mitigation")


@pytest.mark.debian
@pytest.mark.parametrize(
    ("alert", "case"),
    [(alert, case) for alert, cases in CASES.items() for case in cases],
    ids=[f"{alert}-{number}" for alert, cases in CASES.items() for number, _ in enumerate(cases)],
)
def test_an_alert_fires_and_resolves(alert: str, case: Case, tmp_path: Path) -> None:
    assert alert_rules.promtool_test(tmp_path, alert, *case) == ""


def test_every_alert_is_tried_before_during_and_after() -> None:
    assert CASES.keys() == _ALERTS.keys()
    for alert in _ALERTS.keys() - {"ArcwatchWatchdog"}:
        first = CASES[alert][0]
        assert first.firing, alert
        assert len(first.quiet) > 1, alert


@pytest.mark.parametrize("alert", _ALERTS)
def test_an_alert_says_what_it_means_and_what_to_do(alert: str) -> None:
    rule = _ALERTS[alert]
    assert rule["labels"]["severity"] in {"critical", "warning", "info", "none"}
    assert rule["annotations"].keys() == {"summary", "description", "runbook_url"}
    runbook = alert_rules.ROOT / rule["annotations"]["runbook_url"]
    assert runbook == alert_rules.RUNBOOKS / f"{alert_rules.topic(alert)}.md"
    text = runbook.read_text()
    positions = [text.index(f"{section}\n") for section in _SECTIONS]
    assert positions == sorted(positions)


def test_no_runbook_is_left_over() -> None:
    assert {path.stem for path in alert_rules.RUNBOOKS.glob("Arcwatch*.md")} == set(map(alert_rules.topic, _ALERTS))


def test_recorded_series_are_recorded() -> None:
    """And each is used: by another rule, or by the shipped dashboard."""
    expressions = [rule["expr"] for rule in (*_ALERTS.values(), *alert_rules.records().values())]
    dashboard = (alert_rules.DEPLOY / "grafana" / "dashboards" / "arcwatch.json").read_text()
    assert set().union(*map(alert_rules.recorded_in, (*expressions, dashboard))) == alert_rules.records().keys()


async def test_rules_name_only_metrics_that_the_services_expose(
    hub: LocalHub, database_url: str, nats_url: str
) -> None:
    hub.commit(V2, submission("m", {task: unsolved(task) for task in tasks()[:1]}))
    async with whole(hub, database_url, nats_url) as system:
        found = await exposed(system)
    for rule in [*_ALERTS.values(), *alert_rules.records().values()]:
        assert alert_rules.metrics_in(rule["expr"]) <= found, rule


@pytest.mark.debian
@pytest.mark.parametrize(
    "command",
    [
        ("promtool", "check", "rules", "deploy/prometheus/rules.yml"),
        ("promtool", "check", "config", "deploy/prometheus/prometheus.yml"),
    ],
    ids=" ".join,
)
def test_the_shipped_configuration_is_accepted(command: tuple[str, ...]) -> None:
    ran = subprocess.run(command, cwd=alert_rules.ROOT, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
