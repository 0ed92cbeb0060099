#!/bin/sh
# Resolves the members' dependencies into hashed files. No registry's host is written, so any mirror serves.
set -eu
compile() {
    out=$1
    shift
    "$BIN/uv" pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url \
        --no-emit-package arcwatch-common --no-emit-package arcwatch-verifier --no-emit-package arcwatch-watcher --no-emit-package arcwatch-ingester \
        --no-emit-package arcwatch-query-api --no-emit-package arcwatch-notifier --no-emit-package arcwatch-localhub --no-emit-package arcwatch \
        -o "requirements/$out.txt" "$@"
}
services="libs/common/pyproject.toml libs/verifier/pyproject.toml services/watcher/pyproject.toml services/ingester/pyproject.toml \
    services/query-api/pyproject.toml services/notifier/pyproject.toml"
members="$services deploy/localhub/pyproject.toml deploy/local/pyproject.toml"
compile bootstrap requirements/bootstrap.in
# shellcheck disable=SC2086 # the list is meant to be split
compile run $members requirements/run.in
# shellcheck disable=SC2086
compile dev --extra tracing $members requirements/run.in requirements/dev.in -c requirements/run.txt
compile mutants requirements/mutants.in -c requirements/dev.txt
compile release requirements/release.in -c requirements/dev.txt
# What images are built with, and what they hold: traces too, for no one can add them there. The versions are the same.
compile build requirements/run.in -c requirements/run.txt
# shellcheck disable=SC2086
compile image --extra tracing $services --override requirements/image.overrides -c requirements/dev.txt
# shellcheck disable=SC2086
compile cli $services deploy/local/pyproject.toml --override requirements/cli.overrides -c requirements/dev.txt
