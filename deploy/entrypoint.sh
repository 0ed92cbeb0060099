#!/bin/sh
# Secrets come as files: NATS_URL_FILE=/run/secrets/nats_url becomes NATS_URL, for each of these settings.
set -eu
for name in NATS_URL DATABASE_URL HF_TOKEN ADMIN_TOKEN HF_WEBHOOK_SECRET; do
    eval "file=\${${name}_FILE:-}"
    if [ -n "$file" ]; then
        value=$(cat "$file")
        export "$name=$value"
    fi
done
exec "$@"
