#!/bin/sh
# Makes the secrets that docker-compose.yml mounts, once: sh deploy/secrets.sh [FOLDER]. Existing files stay.
# Gives one of them another value, and says what to do then: sh deploy/secrets.sh rotate NAME [FOLDER]. Of a key of NATS, and of
# its authority, the one before counts until sh deploy/secrets.sh retire NAME [FOLDER].
# NATS_NAMES are the names of NATS that its certificate is for, with commas; in compose it is called nats.
set -eu
todo=make
case ${1:-} in
rotate | retire)
    todo=$1
    name=${2:?"sh deploy/secrets.sh $1 NAME: the name of a file in secrets/"}
    shift 2
    ;;
esac
folder=${1:-secrets}
openssl version >/dev/null 2>&1 || { echo "deploy/secrets.sh needs openssl 1.1.1 or later: install it (Debian: openssl)" >&2; exit 1; }
umask 077
mkdir -p "$folder"
# Containers read these files as other users; the folder keeps everybody else out.
chmod 700 "$folder"
. "$(dirname "$0")/nats/keys.sh"
random() { od -An -N24 -tx1 /dev/urandom | tr -d ' \n'; }
put() {
    [ -e "$folder/$1" ] || printf '%s' "$2" >"$folder/$1"
    chmod 644 "$folder/$1"
}
# In place: a running container sees the file that it was started with, and a new file under its name would be another.
change() { printf '%s' "$2" >"$folder/$1" && chmod 644 "$folder/$1"; }
at_postgres() { printf 'postgresql://%s:%s@postgres:5432/arcwatch' "$1" "$2"; }

put postgres_password "$(random)"
put database_url_superuser "$(at_postgres arcwatch "$(cat "$folder/postgres_password")")"
# Until version 0.1.0 the superuser was the tables' owner, too. A URL of a server of your own stays.
if [ -e "$folder/database_url" ] && cmp -s "$folder/database_url" "$folder/database_url_superuser"; then
    rm "$folder/database_url"
fi
# Users that the job `owner` and the job `migrate` make: the tables' owner, and services that may use the tables, only
# read them, or what watcher and notifier need of them.
put database_url "$(at_postgres arcwatch_owner "$(random)")"
for role in writer reader watcher notifier; do
    put "database_url_$role" "$(at_postgres "arcwatch_$role" "$(random)")"
done
make_nats_secrets
put admin_token "$(random)"
put hf_webhook_secret "$(random)"
put grafana_password "$(random)"
put hf_token ""
# Who is told of alerts: README, In containers, says which files may be in it.
mkdir -p "$folder/alerts"
chmod 755 "$folder/alerts"

with_password() { change "$1" "$(sed "s|//\([^:/@]*\):[^@]*@|//\1:$2@|" "$folder/$1")"; }
say() { printf '%s\n' "$@"; }
reload_nats='docker compose kill --signal HUP nats'
case $todo-${name:-} in
make-) ;;
rotate-admin_token | rotate-hf_webhook_secret)
    change "$name" "$(random)"
    say 'sh deploy/upgrade.sh query-api'
    ;;
rotate-hf_token)
    say "# first write the new token into $folder/hf_token" \
        'docker compose restart watcher ingester' 'sh deploy/upgrade.sh query-api'
    ;;
rotate-grafana_password)
    change grafana_password "$(random)"
    say "docker compose --profile grafana exec grafana grafana cli admin reset-admin-password \"\$(cat $folder/grafana_password)\""
    ;;
rotate-postgres_password)
    change postgres_password "$(random)"
    with_password database_url_superuser "$(cat "$folder/postgres_password")"
    cat <<'END'
docker compose exec -T postgres sh -c "psql -h /var/run/postgresql -qU arcwatch arcwatch -c \"ALTER ROLE arcwatch PASSWORD '\$(cat /run/secrets/postgres_password)'\""
END
    ;;
rotate-database_url | rotate-database_url_writer | rotate-database_url_reader | rotate-database_url_watcher | rotate-database_url_notifier)
    with_password "$name" "$(random)"
    say 'docker compose run --rm --no-deps owner' 'docker compose run --rm --no-deps migrate'
    case $name in
    *_writer) say 'docker compose restart ingester' ;;
    *_watcher) say 'docker compose restart watcher' ;;
    *_notifier) say 'docker compose --profile notifications restart notifier' ;;
    *_reader) say 'sh deploy/upgrade.sh query-api' ;;
    esac
    ;;
rotate-nats_nkey_watcher | rotate-nats_nkey_ingester | rotate-nats_nkey_query-api | rotate-nats_nkey_admin | \
rotate-nats_url_watcher | rotate-nats_url_ingester | rotate-nats_url_query-api | rotate-nats_url_admin)
    user=${name#nats_*_}
    is_ours "$user" || { echo "$folder/nats_url_$user names a NATS of your own: change it there, and in that file" >&2; exit 2; }
    add_key "$user"
    change "nats_url_$user" "tls://$user@nats:4222"
    say "$reload_nats"
    case $user in
    query-api) say 'sh deploy/upgrade.sh query-api' ;;
    watcher | ingester) say "docker compose restart $user" ;;
    esac
    say "sh deploy/secrets.sh retire $name $folder" "$reload_nats"
    ;;
retire-nats_nkey_watcher | retire-nats_nkey_ingester | retire-nats_nkey_query-api | retire-nats_nkey_admin | \
retire-nats_url_watcher | retire-nats_url_ingester | retire-nats_url_query-api | retire-nats_url_admin)
    retire_keys "${name#nats_*_}"
    ;;
rotate-nats_tls.pem)
    make_certificate
    say "$reload_nats"
    ;;
rotate-nats_ca.pem)
    add_authority
    make_certificate
    say "$reload_nats" "sh deploy/secrets.sh retire $name $folder"
    ;;
retire-nats_ca.pem)
    change nats_ca.pem "$(first_certificate "$folder/nats_ca.pem")"
    ;;
*)
    echo "$name is no secret that can be ${todo}d; these can be rotated: admin_token, hf_webhook_secret, hf_token," \
        "grafana_password, postgres_password, database_url, database_url_{writer,reader,watcher,notifier}," \
        "nats_nkey_{watcher,ingester,query-api,admin}, nats_tls.pem, nats_ca.pem" >&2
    exit 2
    ;;
esac
