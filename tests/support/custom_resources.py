"""What the API server would accept of our custom resources, as far as we use them.

Field names, types and bounds are those of the definitions that KEDA (2.18) and the Prometheus operator (0.84) install;
any other field is refused, as `kubectl apply` refuses what it does not know.
"""

from typing import Any, Final

_TEXT: Final = {"type": "string"}
_TEXTS: Final = {"type": "object", "additionalProperties": _TEXT}
_NUMBER: Final = {"type": "integer", "minimum": 0}
# As Prometheus writes a time, and as rules may have it.
_DURATION: Final = {"type": "string", "pattern": r"^(0|(\d+y)?(\d+w)?(\d+d)?(\d+h)?(\d+m)?(\d+s)?(\d+ms)?)$"}


def _fields(required: tuple[str, ...], **properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(required), "additionalProperties": False}


def _list(of: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": of, "minItems": 1}


def _resource(version: str, kind: str, spec: dict[str, Any]) -> dict[str, Any]:
    metadata = _fields(("name", "namespace"), name=_TEXT, namespace=_TEXT, labels=_TEXTS, annotations=_TEXTS)
    fixed = {"apiVersion": {"const": version}, "kind": {"const": kind}}
    return _fields(("apiVersion", "kind", "metadata", "spec"), **fixed, metadata=metadata, spec=spec)


_SCALING: Final = _fields(
    (),
    stabilizationWindowSeconds={"type": "integer", "minimum": 0, "maximum": 3_600},
    policies=_list(
        _fields(
            ("type", "value", "periodSeconds"),
            type={"enum": ["Pods", "Percent"]},
            value={"type": "integer", "minimum": 1},
            periodSeconds={"type": "integer", "minimum": 1, "maximum": 1_800},
        )
    ),
    selectPolicy={"enum": ["Max", "Min", "Disabled"]},
)
_SCALED_OBJECT: Final = _fields(
    ("scaleTargetRef", "triggers"),
    scaleTargetRef=_fields(("name",), name=_TEXT, apiVersion=_TEXT, kind=_TEXT),
    minReplicaCount=_NUMBER,
    maxReplicaCount=_NUMBER,
    pollingInterval=_NUMBER,
    advanced=_fields(
        (),
        horizontalPodAutoscalerConfig=_fields((), behavior=_fields((), scaleDown=_SCALING, scaleUp=_SCALING)),
    ),
    fallback=_fields(
        ("failureThreshold", "replicas"),
        failureThreshold=_NUMBER,
        replicas=_NUMBER,
        behavior={"enum": ["static", "currentReplicas", "currentReplicasIfHigher", "currentReplicasIfLower"]},
    ),
    # Every value is text, numbers too.
    triggers=_list(
        _fields(
            ("type", "metadata"),
            type={"const": "nats-jetstream"},
            metadata={
                **_fields(
                    ("natsServerMonitoringEndpoint", "account", "stream", "consumer"),
                    natsServerMonitoringEndpoint=_TEXT,
                    account=_TEXT,
                    stream=_TEXT,
                    consumer=_TEXT,
                    lagThreshold={"type": "string", "pattern": r"^\d+$"},
                    activationLagThreshold={"type": "string", "pattern": r"^\d+$"},
                    useHttps={"enum": ["true", "false"]},
                )
            },
        )
    ),
)
_SERVICE_MONITOR: Final = _fields(
    ("selector", "endpoints"),
    selector=_fields((), matchLabels=_TEXTS),
    endpoints=_list(
        _fields(
            ("port",),
            port=_TEXT,
            interval=_DURATION,
            honorLabels={"type": "boolean"},
            relabelings=_list(_fields((), sourceLabels=_list(_TEXT), targetLabel=_TEXT)),
        )
    ),
)
_PROMETHEUS_RULE: Final = _fields(
    ("groups",),
    groups=_list(
        _fields(
            ("name", "rules"),
            name=_TEXT,
            interval=_DURATION,
            rules=_list(
                _fields(
                    ("expr",),
                    alert=_TEXT,
                    record=_TEXT,
                    expr={"type": ["string", "integer"]},
                    labels=_TEXTS,
                    annotations=_TEXTS,
                    **{"for": _DURATION},
                )
            ),
        )
    ),
)
SCHEMAS: Final[dict[str, dict[str, Any]]] = {
    "ScaledObject": _resource("keda.sh/v1alpha1", "ScaledObject", _SCALED_OBJECT),
    "ServiceMonitor": _resource("monitoring.coreos.com/v1", "ServiceMonitor", _SERVICE_MONITOR),
    "PrometheusRule": _resource("monitoring.coreos.com/v1", "PrometheusRule", _PROMETHEUS_RULE),
}
