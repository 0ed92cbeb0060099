"""Reads the shipped alerting rules, and tries them with promtool."""

import json
import re
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
RULES = DEPLOY / "prometheus" / "rules.yml"
RUNBOOKS = DEPLOY / "runbooks"

_OUR_METRIC = re.compile(r"\barcwatch_[a-z_]+\b")
_RECORDED = re.compile(r"\barcwatch:[a-z_0-9]+:[a-z_0-9]+\b")


def groups() -> list[dict[str, Any]]:
    """Return the groups of the rule file."""
    found: list[dict[str, Any]] = yaml.safe_load(RULES.read_text())["groups"]
    return found


def alerts() -> dict[str, dict[str, Any]]:
    """Return the alerts by name."""
    return {rule["alert"]: rule for group in groups() for rule in group["rules"] if "alert" in rule}


def topic(alert: str) -> str:
    """Return an alert's name without how fast an objective is used up: one runbook tells of both."""
    return re.sub("(?<=Burns)(Fast|Slow)$", "", alert)


def records() -> dict[str, dict[str, Any]]:
    """Return the recording rules by name."""
    return {rule["record"]: rule for group in groups() for rule in group["rules"] if "record" in rule}


def metrics_in(expression: str) -> set[str]:
    """Return the metrics of ours that a query names, as exposed: with `_total`, `_bucket` and so on."""
    return set(_OUR_METRIC.findall(expression))


def recorded_in(expression: str) -> set[str]:
    """Return the recorded series that a query names."""
    return set(_RECORDED.findall(expression))


def promtool_test(
    folder: Path, alert: str, series: Mapping[str, str], firing: Iterable[str], quiet: Iterable[str]
) -> str:
    """Return what promtool has to say when `alert` should fire at some times and not at others; "" is good."""
    count = f'count(ALERTS{{alertname="{alert}",alertstate="firing"}}) > bool 0 or vector(0)'
    expected = [(at, 1) for at in firing] + [(at, 0) for at in quiet]
    document = {
        "rule_files": [str(RULES)],
        "evaluation_interval": "1m",
        "tests": [
            {
                "interval": "1m",
                "input_series": [{"series": name, "values": values} for name, values in series.items()],
                "promql_expr_test": [
                    {"expr": count, "eval_time": at, "exp_samples": [{"labels": "{}", "value": value}]}
                    for at, value in expected
                ],
            }
        ],
    }
    file = folder / "test.yml"
    file.write_text(json.dumps(document))
    ran = subprocess.run(["promtool", "test", "rules", str(file)], capture_output=True, text=True, check=False)
    return "" if ran.returncode == 0 else ran.stdout + ran.stderr
