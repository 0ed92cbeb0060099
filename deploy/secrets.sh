#!/bin/sh
# Makes the secrets that docker-compose.yml mounts, once: sh deploy/secrets.sh [FOLDER]. Existing files stay.
set -eu
folder=${1:-secrets}
umask 077
mkdir -p "$folder"
# Containers read these files as other users; the folder keeps everybody else out.
chmod 700 "$folder"
random() { od -An -N24 -tx1 /dev/urandom | tr -d ' \n'; }
put() {
    [ -e "$folder/$1" ] || printf '%s' "$2" >"$folder/$1"
    chmod 644 "$folder/$1"
}
put postgres_password "$(random)"
put database_url "postgresql://arcwatch:$(cat "$folder/postgres_password")@postgres:5432/arcwatch"
# Users that the job `migrate` makes: services may use the tables, only read them, or what watcher and notifier need of them.
for role in writer reader watcher notifier; do
    put "database_url_$role" "postgresql://arcwatch_$role:$(random)@postgres:5432/arcwatch"
done
if [ ! -e "$folder/passwords.conf" ]; then
    passwords=
    for user in watcher ingester query-api admin; do
        password=$(random)
        name=$(printf %s "$user" | tr 'a-z-' 'A-Z_')
        # With quotes: a password of digits alone would be read as a number.
        passwords="$passwords${name}_PASSWORD: \"$password\"
"
        put "nats_url_$user" "nats://$user:$password@nats:4222"
    done
    put passwords.conf "$passwords"
fi
put admin_token "$(random)"
put hf_webhook_secret "$(random)"
put grafana_password "$(random)"
put hf_token ""
# Who is told of alerts: README, In containers, says which files may be in it.
mkdir -p "$folder/alerts"
chmod 755 "$folder/alerts"
