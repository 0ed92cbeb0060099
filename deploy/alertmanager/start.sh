#!/bin/sh
# Starts Alertmanager with what configure.sh makes of the mounted files, and says so where nobody would be told.
set -eu
umask 077
here=$(dirname "$0")
made=${TMPDIR:-/tmp}/alertmanager.yml
sh "$here/configure.sh" "${RECEIVERS:-/receivers}" >"$made"
grep -q '_configs:' "$made" || echo 'alertmanager: no receiver is set: alerts reach nobody' >&2
exec alertmanager --config.file="$made" "$@"
