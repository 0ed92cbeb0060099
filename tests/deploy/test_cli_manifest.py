"""The operator's command in a cluster: its manifest is right, and it has what it needs to ask everybody."""

import os
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from tests.support.alert_rules import DEPLOY, ROOT
from tests.support.kustomize import rendered

pytestmark = pytest.mark.one_python

KUSTOMIZE = DEPLOY / "kustomize"
COMPONENT = KUSTOMIZE / "components" / "cli"
DOCUMENTS: list[dict[str, Any]] = list(yaml.safe_load_all((COMPONENT / "cli.yaml").read_text()))
(DEPLOYMENT,) = (each for each in DOCUMENTS if each["kind"] == "Deployment")
(CONTAINER,) = DEPLOYMENT["spec"]["template"]["spec"]["containers"]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda each: f"{each['kind']}-{each['metadata']['name']}")
def test_kubernetes_takes_it(document: dict[str, Any]) -> None:
    kubernetes_validate.validate(document, "1.33", strict=True)


def test_an_overlay_takes_it(tmp_path: Path) -> None:
    """As a component: kustomize reads no single file outside of the overlay's folder."""
    overlay = tmp_path / "overlay"
    overlay.mkdir()
    plain, component = (os.path.relpath(each, overlay) for each in (KUSTOMIZE / "overlays" / "plain", COMPONENT))
    (overlay / "kustomization.yaml").write_text(
        f"namespace: arcwatch\nresources: [{plain}]\ncomponents: [{component}]\n"
    )
    named = {(one["kind"], one["metadata"]["name"]): one for one in rendered(overlay)}
    deployment = named["Deployment", "arcwatch-cli"]
    assert deployment["metadata"]["namespace"] == "arcwatch"
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
    assert container["image"] == compose["cli"]["image"]


def test_it_asks_every_replica_of_every_service() -> None:
    given = {each["name"]: each.get("value") for each in CONTAINER["env"]}
    services = {each["metadata"]["name"]: each["spec"] for each in DOCUMENTS if each["kind"] == "Service"}
    assert given["ARCWATCH_SERVICES"] == ",".join(f"{name}:9100" for name in services)
    for spec in services.values():
        # Without an address of its own, a name leads to every replica; `doctor` is for those that are not ready.
        assert spec["clusterIP"] == "None"
        assert spec["publishNotReadyAddresses"]
    asked = {spec["selector"]["app.kubernetes.io/component"] for spec in services.values()}
    assert asked == {"watcher", "ingester", "query-api"}


def test_it_has_the_secrets_of_an_operator_and_nothing_that_runs_by_itself() -> None:
    secrets = {each["valueFrom"]["secretKeyRef"]["key"] for each in CONTAINER["env"] if "valueFrom" in each}
    assert secrets == {"database-url", "nats-url-admin", "admin-token", "hf-token"}
    examples = "".join(path.read_text() for path in (KUSTOMIZE / "prerequisites").glob("*.yaml"))
    assert all(f"{key}:" in examples for key in secrets)
    assert DEPLOYMENT["spec"]["replicas"] == 0
    assert CONTAINER["command"] == ["sleep", "infinity"]
