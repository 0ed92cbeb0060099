#!/bin/sh
# Secrets come as files: NATS_URL_FILE=/run/secrets/nats_url becomes NATS_URL, for each of these settings, where that is
# not given itself. An empty file says nothing.
set -eu
# What compose finds no value for comes as an empty text, and OpenSSL would take an empty SSL_CERT_FILE at its word.
for name in $(env | sed -n 's/^\([A-Z_]*\)=$/\1/p'); do
    unset "$name"
done
for name in NATS_URL DATABASE_URL DATABASE_SUPERUSER_URL DATABASE_WRITER_URL DATABASE_READER_URL DATABASE_WATCHER_URL \
    DATABASE_NOTIFIER_URL HF_TOKEN ADMIN_TOKEN HF_WEBHOOK_SECRET; do
    eval "file=\${${name}_FILE:-} given=\${$name:-}"
    if [ -n "$file" ] && [ -z "$given" ]; then
        value=$(cat "$file")
        [ -z "$value" ] || export "$name=$value"
    fi
done
# A run tells which of the replicas did it.
export ARCWATCH_INSTANCE="${ARCWATCH_INSTANCE:-${SERVICE:-arcwatch}-$(uname -n)}"
exec "$@"
