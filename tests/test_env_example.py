"""`.env.example` lists every setting of every service, and nothing else."""

import re
from pathlib import Path

from common.provision import Settings as ProvisionSettings
from ingester.settings import Settings as IngesterSettings
from notifier.settings import Settings as NotifierSettings
from query_api.settings import Settings as QueryApiSettings
from watcher.settings import Settings as WatcherSettings

EXAMPLE = Path(__file__).parents[1] / ".env.example"
OF_THE_COMMAND = {"ALERTMANAGER_URL", "ARCWATCH_DATA_DIR"}
OF_THE_NETWORK = {"HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE"}
OF_COMPOSE = {"SECRETS", "REVISION", "QUERY_API_REPLICAS", "PROMETHEUS_PORT", "ALERTMANAGER_PORT", "GRAFANA_PORT"}
OF_OPENTELEMETRY = {"OTEL_TRACES_EXPORTER", "OTEL_EXPORTER_OTLP_ENDPOINT"}


def test_every_setting_is_listed_and_nothing_else() -> None:
    listed = set(re.findall(r"^#?([A-Z_]+)=", EXAMPLE.read_text(), re.MULTILINE))
    known = {
        name.upper()
        for settings in (IngesterSettings, NotifierSettings, ProvisionSettings, QueryApiSettings, WatcherSettings)
        for name in settings.model_fields
    }
    assert listed == known | OF_THE_COMMAND | OF_THE_NETWORK | OF_OPENTELEMETRY | OF_COMPOSE
