"""Every overlay renders, Kubernetes' schemas accept it, and it says the same as the rest of deploy/."""

import subprocess
import sysconfig
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from tests.support import alert_rules

OVERLAYS = sorted((alert_rules.DEPLOY / "kustomize" / "overlays").iterdir())
# Custom resources: Kubernetes itself has no schema of them.
CUSTOM = {"ScaledObject", "ServiceMonitor", "PrometheusRule"}


def rendered(overlay: Path) -> list[dict[str, Any]]:
    """Return what `kubectl apply -k` would send."""
    command = [str(Path(sysconfig.get_path("scripts")) / "kubectl"), "kustomize", str(overlay)]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    return list(yaml.safe_load_all(ran.stdout))


@pytest.mark.parametrize("overlay", OVERLAYS, ids=lambda path: path.name)
def test_an_overlay_is_valid(overlay: Path) -> None:
    found = rendered(overlay)
    assert {"Deployment", "Service", "Job", "PodDisruptionBudget", "NetworkPolicy"} <= {one["kind"] for one in found}
    for resource in found:
        assert resource["metadata"]["namespace"] == "arcwatch"
        if resource["kind"] not in CUSTOM:
            kubernetes_validate.validate(resource, "1.32", strict=True)


@pytest.mark.parametrize("overlay", OVERLAYS, ids=lambda path: path.name)
def test_no_container_may_more_than_it_needs(overlay: Path) -> None:
    pods = [one["spec"]["template"]["spec"] for one in rendered(overlay) if one["kind"] in {"Deployment", "Job"}]
    assert len(pods) == 4
    for pod in pods:
        assert pod["securityContext"]["runAsNonRoot"]
        assert not pod["automountServiceAccountToken"]
        for container in pod["containers"]:
            security = container["securityContext"]
            assert security["readOnlyRootFilesystem"]
            assert security["capabilities"]["drop"] == ["ALL"]
            assert container["resources"]["limits"]["memory"]
            assert ":" in container["image"]


def test_the_operator_gets_the_same_rules() -> None:
    (rule,) = (
        one for one in rendered(alert_rules.DEPLOY / "kustomize/overlays/cluster") if one["kind"] == "PrometheusRule"
    )
    assert rule["spec"]["groups"] == alert_rules.groups()


def test_ingesters_follow_the_lag_of_the_durable_that_the_topology_makes() -> None:
    found = rendered(alert_rules.DEPLOY / "kustomize/overlays/cluster")
    (scaled,) = (one["spec"] for one in found if one["kind"] == "ScaledObject")
    assert scaled["triggers"][0]["metadata"]["stream"] == "ARCWATCH"
    assert scaled["triggers"][0]["metadata"]["consumer"] == "ingester"
    assert scaled["fallback"]["replicas"] >= 1
    (ingester,) = (
        one
        for one in found
        if one["kind"] == "Deployment" and one["metadata"]["name"] == scaled["scaleTargetRef"]["name"]
    )
    assert "replicas" not in ingester["spec"]
