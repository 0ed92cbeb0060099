#!/bin/sh
# Brings a running deployment to what this folder holds (after `git pull`, say), while the API goes on answering:
#   sh deploy/upgrade.sh
# Images are built first, then the database is migrated, which the services of before go on with. A replica of the query
# API is stopped when the one that takes its place is ready. `sh deploy/upgrade.sh query-api` replaces these alone, such
# as for a new secret.
set -eu
cd "$(dirname "$0")/.."

running() { docker compose ps --quiet "$1"; }
how_many() { running "$1" | grep -c . || true; }
health() { docker inspect --format '{{.State.Status}} {{.State.Health.Status}}' "$1"; }

# ready CONTAINER: wait until it is healthy, for two minutes.
ready() {
    tries=120
    until [ "$(health "$1")" = "running healthy" ]; do
        tries=$((tries - 1))
        [ "$tries" -gt 0 ] || return 1
        sleep 1
    done
}

replace_replicas() {
    before=$(running query-api)
    for old in $before; do
        known=$(running query-api)
        # With what it depends on: without, it would be another configuration, and be made anew by the next `up`.
        docker compose up --detach --no-recreate --scale query-api=$(($(how_many query-api) + 1)) query-api
        new=$(running query-api | grep -vxF "$known")
        ready "$new" || {
            docker logs --tail 20 "$new" >&2
            docker rm --force "$new"
            echo "The new replica did not become ready; those of before go on." >&2
            exit 1
        }
        docker stop "$old" >/dev/null
        docker rm "$old" >/dev/null
    done
}

if [ "${1:-}" = query-api ]; then
    replace_replicas
    exit
fi
# Which commit this is, for arcwatch_build_info.
REVISION=${REVISION:-$(git rev-parse --short HEAD 2>/dev/null || true)}
export REVISION
# Those of profiles, too, that run.
services=$({ docker compose config --services; docker compose --profile '*' ps --services; } | sort -u | grep -vx cli)
# shellcheck disable=SC2086 # the list is meant to be split
docker compose build $services cli
ingesters=$(how_many ingester)
# First `owner` and `migrate`, on which these two depend.
docker compose up --detach --wait --scale ingester="$ingesters" watcher ingester
replace_replicas
# shellcheck disable=SC2086
docker compose up --detach --wait --scale ingester="$ingesters" --scale query-api="$(how_many query-api)" $services
