#!/bin/sh
# Prints deploy/prometheus/rules.yml as the Prometheus operator wants it: `make docs` keeps the copy that overlays take,
# since kustomize reads nothing outside its own folder.
set -eu
cat <<'END'
# Made of deploy/prometheus/rules.yml by `make docs`.
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata: {name: arcwatch}
spec:
END
sed '/^#/d; s/^\(.\)/  \1/' "$(dirname "$0")/../prometheus/rules.yml"
