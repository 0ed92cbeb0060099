"""Every query of the Grafana dashboard is PromQL, names what is really exposed, and takes the chosen data source."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models.dashboard import Dashboard
from localhub import LocalHub

from tests.support import alert_rules
from tests.support.exposed import exposed
from tests.support.submissions import V2, submission, tasks, unsolved
from tests.support.system import whole

DASHBOARD: dict[str, Any] = json.loads((alert_rules.DEPLOY / "grafana/dashboards/arcwatch.json").read_text())
PANELS: list[dict[str, Any]] = [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]
NOTES: list[dict[str, Any]] = DASHBOARD["annotations"]["list"]
# Grafana puts the window in; promtool wants a duration.
QUERIES: list[str] = [
    each["expr"].replace("$__rate_interval", "1m")
    for each in [*(target for panel in PANELS for target in panel["targets"]), *NOTES]
]
_SELECTOR = re.compile(r"\b(?:(?:arcwatch|process)_\w+|up|ALERTS|arcwatch:[\w:]+)\b(?!\s*\()(\{[^}]*\})?")


def test_it_has_a_fixed_uid_and_a_row_for_each_part() -> None:
    assert DASHBOARD["uid"] == "arcwatch"
    rows = [panel["title"] for panel in DASHBOARD["panels"] if panel["type"] == "row"]
    assert rows == ["Overview", "Ingestion", "Hub", "Bus", "API", "Database", "Objectives", "Processes"]


def test_every_query_goes_to_the_chosen_data_source() -> None:
    chosen = {"type": "prometheus", "uid": "${datasource}"}
    assert all(panel["datasource"] == chosen for panel in PANELS)
    assert all(target["datasource"] == chosen for panel in PANELS for target in panel["targets"])
    assert all(each["datasource"] == chosen for each in NOTES)


def test_every_panel_says_what_it_shows_and_in_which_unit() -> None:
    assert len({panel["id"] for panel in DASHBOARD["panels"]}) == len(DASHBOARD["panels"])
    for panel in PANELS:
        assert panel["description"].endswith("."), panel["title"]
        assert panel["fieldConfig"]["defaults"]["unit"], panel["title"]


def test_deployment_and_processes_can_be_chosen() -> None:
    """And the choice goes for every query: those of the recorded sums, of `up` and of alerts know no process."""
    variables = {each["name"]: each for each in DASHBOARD["templating"]["list"]}
    assert list(variables) == ["datasource", "namespace", "instance"]
    for name in ("namespace", "instance"):
        # Outside of Kubernetes there is no namespace, and "all" has to mean that, too.
        assert (variables[name]["includeAll"], variables[name]["allValue"]) == (True, ".*")
    for query in QUERIES:
        for found in _SELECTOR.finditer(query):
            assert 'namespace=~"$namespace"' in (found[1] or ""), query
    of_processes = [each for each in QUERIES if "arcwatch_" in each]
    assert sum('instance=~"$instance"' in each for each in of_processes) == len(of_processes) - len(NOTES)


def test_landings_and_deploys_are_marked_at_their_instants() -> None:
    assert [each["name"] for each in NOTES] == ["Landings", "Deploys"]
    # The value is the instant, which Grafana takes in milliseconds.
    assert all(each["useValueForTime"] and each["expr"].endswith("* 1000") and each["enable"] for each in NOTES)


def fields(value: Any, path: str = "") -> set[str]:
    """Return the path of every field, with its value where that is no object and no list."""
    if isinstance(value, dict):
        return set().union(*(fields(each, f"{path}.{name}") for name, each in value.items()))
    if isinstance(value, list):
        return set().union(*(fields(each, f"{path}[{at}]") for at, each in enumerate(value)))
    return {f"{path}={value!r}"}


def test_grafanas_own_schema_knows_every_field() -> None:
    """But what Prometheus' data source alone reads of annotations, and what the page of variables writes itself."""
    register_default_plugins()
    written = json.loads(JSONEncoder().encode(Dashboard.from_json(DASHBOARD)))
    unknown = {re.sub(r"\[\d+\]|=.*", "", each) for each in fields(DASHBOARD) - fields(written)}
    of_prometheus = {"step", "tagKeys", "textFormat", "titleFormat", "useValueForTime"}
    assert unknown == {".templating.list.definition", *(f".annotations.list.{name}" for name in of_prometheus)}


async def test_every_query_names_what_is_exposed_or_recorded(hub: LocalHub, database_url: str, nats_url: str) -> None:
    hub.commit(V2, submission("m", {task: unsolved(task) for task in tasks()[:1]}))
    async with whole(hub, database_url, nats_url) as system:
        found = await exposed(system)
    named = set().union(*map(alert_rules.metrics_in, QUERIES))
    assert named <= found
    assert set().union(*map(alert_rules.recorded_in, QUERIES)) <= alert_rules.records().keys()


@pytest.mark.debian
def test_every_query_parses(tmp_path: Path) -> None:
    rules = [{"record": f"query:{number}", "expr": query} for number, query in enumerate(QUERIES)]
    file = tmp_path / "queries.yml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "dashboard", "rules": rules}]}))
    ran = subprocess.run(["promtool", "check", "rules", str(file)], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
