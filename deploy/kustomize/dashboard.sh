#!/bin/sh
# Prints the Grafana dashboard as a ConfigMap, which Grafana's sidecar takes by its label from any namespace that it may read:
# `make docs` keeps the copy that overlays take, since kustomize reads nothing outside its own folder.
set -eu
cat <<'END'
# Made of deploy/grafana/dashboards/arcwatch.json by `make docs`.
apiVersion: v1
kind: ConfigMap
metadata:
  name: arcwatch-dashboard
  labels: {grafana_dashboard: '1'}
  annotations: {grafana_folder: arcwatch}
data:
  arcwatch.json: |
END
sed 's/^/    /' "$(dirname "$0")/../grafana/dashboards/arcwatch.json"
