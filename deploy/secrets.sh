#!/bin/sh
# Makes the secrets that docker-compose.yml mounts, once: sh deploy/secrets.sh [FOLDER]. Existing files stay.
# Gives one of them another value, and says what to do then: sh deploy/secrets.sh rotate NAME [FOLDER].
set -eu
rotated=
if [ "${1:-}" = rotate ]; then
    rotated=${2:?"sh deploy/secrets.sh rotate NAME: the name of a file in secrets/"}
    shift 2
fi
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
variable() { printf '%s_PASSWORD' "$1" | tr 'a-z-' 'A-Z_'; }
if [ ! -e "$folder/passwords.conf" ]; then
    passwords=
    for user in watcher ingester query-api admin; do
        password=$(random)
        # With quotes: a password of digits alone would be read as a number.
        passwords="$passwords$(variable "$user"): \"$password\"
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

# In place: a running container sees the file that it was started with, and a new file under its name would be another.
change() { printf '%s' "$2" >"$folder/$1"; }
with_password() { change "$1" "$(sed "s|//\([^:/@]*\):[^@]*@|//\1:$2@|" "$folder/$1")"; }
say() { printf '%s\n' "$@"; }
case $rotated in
'') ;;
admin_token | hf_webhook_secret)
    change "$rotated" "$(random)"
    say 'sh deploy/upgrade.sh query-api'
    ;;
hf_token)
    say "# first write the new token into $folder/hf_token" \
        'docker compose restart watcher ingester' 'sh deploy/upgrade.sh query-api'
    ;;
grafana_password)
    change grafana_password "$(random)"
    say "docker compose --profile grafana exec grafana grafana cli admin reset-admin-password \"\$(cat $folder/grafana_password)\""
    ;;
postgres_password)
    change postgres_password "$(random)"
    with_password database_url_superuser "$(cat "$folder/postgres_password")"
    cat <<'END'
docker compose exec -T postgres sh -c "psql -h /var/run/postgresql -qU arcwatch arcwatch -c \"ALTER ROLE arcwatch PASSWORD '\$(cat /run/secrets/postgres_password)'\""
END
    ;;
database_url | database_url_writer | database_url_reader | database_url_watcher | database_url_notifier)
    with_password "$rotated" "$(random)"
    say 'docker compose run --rm --no-deps owner' 'docker compose run --rm --no-deps migrate'
    case $rotated in
    *_writer) say 'docker compose restart ingester' ;;
    *_watcher) say 'docker compose restart watcher' ;;
    *_notifier) say 'docker compose --profile notifications restart notifier' ;;
    *_reader) say 'sh deploy/upgrade.sh query-api' ;;
    esac
    ;;
nats_url_watcher | nats_url_ingester | nats_url_query-api | nats_url_admin)
    user=${rotated#nats_url_}
    password=$(random)
    with_password "$rotated" "$password"
    change passwords.conf "$(sed "s|^$(variable "$user"): .*|$(variable "$user"): \"$password\"|" "$folder/passwords.conf")
"
    say 'docker compose kill --signal HUP nats'
    [ "$user" = admin ] || say "docker compose restart $user"
    ;;
*)
    echo "$rotated is no secret that can be rotated; these can: admin_token, hf_webhook_secret, hf_token, grafana_password," \
        "postgres_password, database_url, database_url_{writer,reader,watcher,notifier}, nats_url_{watcher,ingester,query-api,admin}" >&2
    exit 2
    ;;
esac
