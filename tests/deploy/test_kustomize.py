"""Every overlay renders, Kubernetes' schemas accept it, and it says the same as the rest of deploy/."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped] # it comes with kubernetes_validate, without types
import kubernetes_validate
import pytest
import yaml
from common.bus import topology
from common.process import ops
from query_api.app import SHUTDOWN_SECONDS

from tests.support import alert_rules, custom_resources
from tests.support.kustomize import rendered

pytestmark = pytest.mark.one_python

OVERLAYS = sorted((alert_rules.DEPLOY / "kustomize" / "overlays").iterdir())
SERVICES = ("watcher", "ingester", "query-api")
# Custom resources: Kubernetes itself has no schema of them.
CUSTOM = {"ScaledObject", "ServiceMonitor", "PrometheusRule"}


def pods_of(found: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return what each Deployment makes."""
    return {one["metadata"]["name"]: one["spec"]["template"]["spec"] for one in found if one["kind"] == "Deployment"}


def containers_of(pod: dict[str, Any]) -> list[dict[str, Any]]:
    return [*pod.get("initContainers", ()), *pod["containers"]]


@pytest.mark.parametrize("overlay", OVERLAYS, ids=lambda path: path.name)
def test_an_overlay_is_valid(overlay: Path) -> None:
    found = rendered(overlay)
    assert {"Deployment", "Service", "PodDisruptionBudget", "NetworkPolicy"} <= {one["kind"] for one in found}
    for resource in found:
        assert resource["metadata"]["namespace"] == "arcwatch"
        if resource["kind"] in CUSTOM:
            jsonschema.validate(resource, custom_resources.SCHEMAS[resource["kind"]])
        else:
            kubernetes_validate.validate(resource, "1.32", strict=True)


@pytest.mark.parametrize("overlay", OVERLAYS, ids=lambda path: path.name)
def test_no_container_may_more_than_it_needs(overlay: Path) -> None:
    pods = pods_of(rendered(overlay))
    assert len(pods) == 3
    for pod in pods.values():
        assert pod["securityContext"]["runAsNonRoot"]
        assert not pod["automountServiceAccountToken"]
        for container in containers_of(pod):
            security = container["securityContext"]
            assert security["readOnlyRootFilesystem"]
            assert security["capabilities"]["drop"] == ["ALL"]
            assert container["resources"]["limits"]["memory"]
            assert container["resources"]["requests"].keys() == {"cpu", "memory"}
            assert ":" in container["image"]


def admitted(found: list[dict[str, Any]], component: str, direction: str) -> set[tuple[int, str]]:
    """Return the ports that the network policies let a component's pods use."""
    policies = [one["spec"] for one in found if one["kind"] == "NetworkPolicy"]
    selected = [one for one in policies if selects(one["podSelector"], component)]
    assert any(direction.title() in one["policyTypes"] for one in selected), "nothing holds these pods back"
    ports = [port for one in selected for rule in one.get(direction, ()) for port in rule["ports"]]
    return {(port["port"], port["protocol"]) for port in ports}


def selects(selector: dict[str, Any], component: str) -> bool:
    labels = {"app.kubernetes.io/name": "arcwatch", "app.kubernetes.io/component": component}
    named = selector.get("matchLabels", {}).items() <= labels.items()
    return named and all(labels[one["key"]] in one["values"] for one in selector.get("matchExpressions", ()))


@pytest.mark.parametrize("overlay", OVERLAYS, ids=lambda path: path.name)
def test_the_network_lets_through_what_is_needed_and_no_more(overlay: Path) -> None:
    found = rendered(overlay)
    servers = {(53, "UDP"), (53, "TCP"), (4222, "TCP"), (5432, "TCP")}
    for service in SERVICES:
        assert admitted(found, service, "egress") == {*servers, (443, "TCP")}
        served = {(8080, "TCP")} if service == "query-api" else set()
        assert admitted(found, service, "ingress") == {(9100, "TCP"), *served}


@pytest.mark.parametrize("overlay", OVERLAYS, ids=lambda path: path.name)
def test_every_service_is_probed_reached_and_kept_through_drains(overlay: Path) -> None:
    found = rendered(overlay)
    for service in SERVICES:
        of_it = [one for one in found if one["metadata"].get("name") == f"arcwatch-{service}"]
        kinds = {one["kind"]: one["spec"] for one in of_it}
        (container,) = kinds["Deployment"]["template"]["spec"]["containers"]
        assert container["livenessProbe"]["httpGet"]["path"] == "/healthz"
        assert container["readinessProbe"]["httpGet"]["path"] == "/readyz"
        # What is only shown there is waited for as well: a shorter timeout takes out a service that answers.
        bounds = ops.DEPENDENCY_TIMEOUT_SECONDS, ops.CHECK_TIMEOUT_SECONDS
        assert container["readinessProbe"]["timeoutSeconds"] > max(bounds)
        assert container["startupProbe"]
        labels = kinds["Deployment"]["template"]["metadata"]["labels"]
        assert kinds["Service"]["selector"].items() <= labels.items()
        assert kinds["PodDisruptionBudget"]["selector"]["matchLabels"].items() <= labels.items()


@pytest.mark.parametrize("overlay", OVERLAYS, ids=lambda path: path.name)
def test_the_images_are_those_of_compose(overlay: Path) -> None:
    compose = yaml.safe_load((alert_rules.ROOT / "docker-compose.yml").read_text())["services"]
    used = {container["image"] for pod in pods_of(rendered(overlay)).values() for container in containers_of(pod)}
    assert used == {compose[service]["image"] for service in SERVICES}


def test_an_overlay_of_ones_own_may_pin_images_by_digest(tmp_path: Path) -> None:
    overlay, digest = tmp_path / "overlay", f"sha256:{'0' * 64}"
    overlay.mkdir()
    plain = os.path.relpath(alert_rules.DEPLOY / "kustomize/overlays/plain", overlay)
    images = [{"name": f"arcwatch/{name}", "newName": f"r.example/{name}", "digest": digest} for name in SERVICES]
    (overlay / "kustomization.yaml").write_text(yaml.safe_dump({"resources": [plain], "images": images}))
    used = {each["image"] for pod in pods_of(rendered(overlay)).values() for each in containers_of(pod)}
    assert used == {f"r.example/{name}@{digest}" for name in SERVICES}


@pytest.mark.parametrize("overlay", OVERLAYS, ids=lambda path: path.name)
def test_nothing_keeps_an_overlay_from_being_applied_again(overlay: Path) -> None:
    """A Job's template cannot be changed, so no new image could be applied: what migrates is part of a Deployment."""
    found = rendered(overlay)
    assert "Job" not in {one["kind"] for one in found}
    (migrate,) = pods_of(found)["arcwatch-watcher"]["initContainers"]
    assert migrate["args"] == ["python", "-m", "common.provision"]
    assert topology.INGESTER in topology.DURABLES, "KEDA asks for the lag of what it makes"


@pytest.mark.parametrize("overlay", OVERLAYS, ids=lambda path: path.name)
def test_only_what_migrates_owns_the_database_and_the_bus(overlay: Path) -> None:
    keys = {
        container["name"]: {each["name"]: key for each in container["env"] if (key := secret_key(each))}
        for pod in pods_of(rendered(overlay)).values()
        for container in containers_of(pod)
    }
    assert {name: (given["DATABASE_URL"], given["NATS_URL"]) for name, given in keys.items()} == {
        "migrate": ("database-url", "nats-url-admin"),
        "watcher": ("database-url-watcher", "nats-url-watcher"),
        "ingester": ("database-url-writer", "nats-url-ingester"),
        "query-api": ("database-url-reader", "nats-url-query-api"),
    }
    for role in ("writer", "reader", "watcher"):
        assert keys["migrate"][f"DATABASE_{role.upper()}_URL"] == f"database-url-{role}"
    files = {
        container["name"]: files_of(pod, container)
        for pod in pods_of(rendered(overlay)).values()
        for container in containers_of(pod)
    }
    nats = "/etc/arcwatch/nats"
    assert files == {
        name: {f"{nats}/nkey": f"nats-nkey-{user}", f"{nats}/ca.pem": "nats-ca.pem"}
        for name, user in {"migrate": "admin", **{each: each for each in SERVICES}}.items()
    }
    used = {key for given in (*keys.values(), *files.values()) for key in given.values()}
    assert used == prerequisite("secret.example.yaml")["stringData"].keys()


def files_of(pod: dict[str, Any], container: dict[str, Any]) -> dict[str, str]:
    """Return the files of the Secret that a container sees, with their keys; it must be told of each."""
    told = {each.get("value") for each in container["env"] if each["name"].endswith("_FILE")}
    found = {
        f"{mount['mountPath']}/{item['path']}": item["key"]
        for mount in container["volumeMounts"]
        for volume in pod["volumes"]
        if volume["name"] == mount["name"] and volume.get("secret", {}).get("secretName") == "arcwatch"
        for item in volume["secret"]["items"]
    }
    assert found.keys() == told
    return found


def secret_key(variable: dict[str, Any]) -> str | None:
    key: str | None = variable.get("valueFrom", {}).get("secretKeyRef", {}).get("key")
    return key


def prerequisite(name: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((alert_rules.DEPLOY / "kustomize" / "prerequisites" / name).read_text())
    return found


def test_the_examples_of_what_comes_first_are_valid_and_hold_no_secret() -> None:
    namespace, secret = prerequisite("namespace.yaml"), prerequisite("secret.example.yaml")
    for each in (namespace, secret):
        kubernetes_validate.validate(each, "1.32", strict=True)
    assert namespace["metadata"]["name"] == secret["metadata"]["namespace"] == "arcwatch"
    assert namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"
    urls = {key: value for key, value in secret["stringData"].items() if key.startswith("nats-url-")}
    assert all(value.startswith(f"tls://{key.removeprefix('nats-url-')}@") for key, value in urls.items())
    assert all("CHANGE-ME" in value for key, value in secret["stringData"].items() if key not in urls)


@pytest.mark.parametrize("overlay", OVERLAYS, ids=lambda path: path.name)
def test_replicas_are_spread_and_the_api_drains(overlay: Path) -> None:
    pods = pods_of(rendered(overlay))
    for name, pod in pods.items():
        spread = {each["topologyKey"]: each for each in pod["topologySpreadConstraints"]}
        assert spread.keys() == {"kubernetes.io/hostname", "topology.kubernetes.io/zone"}
        component = name.removeprefix("arcwatch-")
        assert all(selects(each["labelSelector"], component) for each in spread.values())
        # One node is enough to run it.
        assert {each["whenUnsatisfiable"] for each in spread.values()} == {"ScheduleAnyway"}
    (api,) = pods["arcwatch-query-api"]["containers"]
    _, seconds = api["lifecycle"]["preStop"]["exec"]["command"]
    assert int(seconds) + SHUTDOWN_SECONDS < pods["arcwatch-query-api"]["terminationGracePeriodSeconds"]


def test_the_operator_gets_the_same_rules() -> None:
    """`make docs` brings them up to date."""
    script = alert_rules.DEPLOY / "kustomize" / "prometheusrule.sh"
    printed = subprocess.run(["sh", str(script)], capture_output=True, text=True, check=True).stdout
    assert (alert_rules.DEPLOY / "kustomize/overlays/cluster/prometheusrule.yaml").read_text() == printed
    found = rendered(alert_rules.DEPLOY / "kustomize/overlays/cluster")
    (rule,) = (one for one in found if one["kind"] == "PrometheusRule")
    assert rule["spec"]["groups"] == alert_rules.groups()


def test_grafana_gets_the_same_dashboard() -> None:
    """`make docs` brings it up to date."""
    script = alert_rules.DEPLOY / "kustomize" / "dashboard.sh"
    printed = subprocess.run(["sh", str(script)], capture_output=True, text=True, check=True).stdout
    assert (alert_rules.DEPLOY / "kustomize/overlays/cluster/dashboard.yaml").read_text() == printed
    found = rendered(alert_rules.DEPLOY / "kustomize/overlays/cluster")
    (given,) = (one for one in found if one["metadata"]["name"] == "arcwatch-dashboard")
    dashboard = alert_rules.DEPLOY / "grafana" / "dashboards" / "arcwatch.json"
    assert json.loads(given["data"]["arcwatch.json"]) == json.loads(dashboard.read_text())


def test_the_operator_scrapes_under_the_names_that_the_rules_go_by() -> None:
    found = rendered(alert_rules.DEPLOY / "kustomize/overlays/cluster")
    (monitor,) = (one["spec"] for one in found if one["kind"] == "ServiceMonitor")
    scraped = [
        one
        for one in found
        if one["kind"] == "Service" and monitor["selector"]["matchLabels"].items() <= one["metadata"]["labels"].items()
    ]
    (endpoint,) = monitor["endpoints"]
    assert all(endpoint["port"] in {port["name"] for port in one["spec"]["ports"]} for one in scraped)
    assert {"sourceLabels": ["__meta_kubernetes_service_name"], "targetLabel": "job"} in endpoint["relabelings"]
    prometheus = yaml.safe_load((alert_rules.DEPLOY / "prometheus" / "prometheus.yml").read_text())
    jobs = {each["job_name"] for each in prometheus["scrape_configs"] if each["job_name"].startswith("arcwatch-")}
    assert {one["metadata"]["name"] for one in scraped} == jobs - {"arcwatch-notifier"}


def plain_with(component: str, folder: Path) -> list[dict[str, Any]]:
    """Return the valid resources of an operator's overlay: the plain one and a component."""
    kustomize = alert_rules.DEPLOY / "kustomize"
    plain, added = (os.path.relpath(kustomize / each, folder) for each in ("overlays/plain", f"components/{component}"))
    (folder / "kustomization.yaml").write_text(f"namespace: arcwatch\nresources: [{plain}]\ncomponents: [{added}]\n")
    found = rendered(folder)
    for resource in found:
        kubernetes_validate.validate(resource, "1.32", strict=True)
    return found


def test_the_notifier_is_a_component_of_an_overlay(tmp_path: Path) -> None:
    found = plain_with("notifier", tmp_path)
    named = {(one["kind"], one["metadata"]["name"]): one["spec"] for one in found if "spec" in one}
    (container,) = named["Deployment", "arcwatch-notifier"]["template"]["spec"]["containers"]
    compose = yaml.safe_load((alert_rules.ROOT / "docker-compose.yml").read_text())["services"]
    assert container["image"] == compose["notifier"]["image"]
    (migrate,) = named["Deployment", "arcwatch-watcher"]["template"]["spec"]["initContainers"]
    of_both = [one["env"] for one in (container, migrate)]
    keys = [
        {each["name"]: each.get("valueFrom", {}).get("secretKeyRef", {}).get("key") for each in env} for env in of_both
    ]
    assert keys[0]["DATABASE_URL"] == keys[1]["DATABASE_NOTIFIER_URL"] == "database-url-notifier"
    servers = {(53, "UDP"), (53, "TCP"), (4222, "TCP"), (5432, "TCP")}
    assert admitted(found, "notifier", "egress") == {*servers, (443, "TCP"), (465, "TCP"), (587, "TCP")}
    assert admitted(found, "notifier", "ingress") == {(9100, "TCP")}
    assert admitted(found, "watcher", "egress") == {*servers, (443, "TCP")}


def test_named_admins_are_a_component_of_an_overlay(tmp_path: Path) -> None:
    found = plain_with("admin-tokens", tmp_path)
    pod = pods_of(found)["arcwatch-query-api"]
    (container,) = pod["containers"]
    (file,) = (each["value"] for each in container["env"] if each["name"] == "ADMIN_TOKENS_FILE")
    (mount,) = (each for each in container["volumeMounts"] if file == f"{each['mountPath']}/tokens")
    (volume,) = (each for each in pod["volumes"] if each["name"] == mount["name"])
    assert volume["secret"]["secretName"] == "arcwatch-admin-tokens"
    assert {each["name"] for each in container["env"]} >= {"ADMIN_TOKEN", "DATABASE_URL"}


def test_ingesters_follow_the_lag_of_the_durable_that_the_topology_makes() -> None:
    found = rendered(alert_rules.DEPLOY / "kustomize/overlays/cluster")
    (scaled,) = (one["spec"] for one in found if one["kind"] == "ScaledObject")
    (trigger,) = scaled["triggers"]
    assert trigger["type"] == "nats-jetstream"
    assert trigger["metadata"]["stream"] == topology.STREAM
    assert trigger["metadata"]["consumer"] == topology.INGESTER.name
    assert 1 <= scaled["minReplicaCount"] <= scaled["fallback"]["replicas"] <= scaled["maxReplicaCount"]
    assert trigger["metadata"]["account"] == "ARCWATCH"
    assert (
        f"accounts {{\n  {trigger['metadata']['account']} {{" in (alert_rules.DEPLOY / "nats" / "nats.conf").read_text()
    )
    # These would be read, and do nothing: it never scales to 0.
    assert "cooldownPeriod" not in scaled
    assert scaled["advanced"]["horizontalPodAutoscalerConfig"]["behavior"]["scaleDown"]["stabilizationWindowSeconds"]
    (ingester,) = (
        one
        for one in found
        if one["kind"] == "Deployment" and one["metadata"]["name"] == scaled["scaleTargetRef"]["name"]
    )
    assert "replicas" not in ingester["spec"]
