#!/bin/sh
# Prints Alertmanager's configuration, secrets included: the routes beside this file, and a receiver for each file of
# FOLDER. (Alertmanager could read files itself, but takes the newline at the end of a password as part of it.) README,
# "In containers", says what the files are called.
set -eu
here=$(dirname "$0")
folder=${1:?the folder with the files of receivers}

stop() { echo "alertmanager: $*" >&2; exit 78; }
is_set() {
    [ -s "$folder/$1" ] || return 1
    [ -r "$folder/$1" ] || stop "$folder/$1 cannot be read by user $(id -u): chmod 644"
}
# As YAML in single quotes, without the newline at the end.
value() { printf "'%s'" "$(tr -d '\r\n' <"$folder/$1" | sed "s/'/''/g")"; }

if is_set alertmanager.yml; then
    exec cat "$folder/alertmanager.yml"
fi
cat "$here/routes.yml"
echo 'receivers:'
for receiver in webhook dead-mans-switch; do
    echo "  - name: $receiver"
    file=webhook_url resolved=true
    if [ "$receiver" = dead-mans-switch ]; then file=watchdog_url resolved=false; fi
    if is_set "$file"; then
        echo "    webhook_configs: [{url: $(value "$file"), send_resolved: $resolved}]"
    fi
done
echo '  - name: slack'
if is_set slack_url; then
    echo "    slack_configs:"
    echo "      - api_url: $(value slack_url)"
    cat <<'END'
        send_resolved: true
        title: '{{ .Status | toUpper }} {{ .CommonLabels.alertname }}'
        text: '{{ range .Alerts }}{{ .Annotations.summary }} <{{ .Annotations.runbook_url }}|runbook>{{ "\n" }}{{ end }}'
END
fi
echo '  - name: email'
if is_set email_to; then
    is_set smtp_smarthost && is_set email_from || stop "email_to needs smtp_smarthost (host:port) and email_from, too"
    echo "    email_configs:"
    echo "      - to: $(value email_to)"
    echo "        from: $(value email_from)"
    echo "        smarthost: $(value smtp_smarthost)"
    echo "        send_resolved: true"
    if is_set smtp_username; then
        is_set smtp_password || stop "smtp_username needs smtp_password, too"
        echo "        auth_username: $(value smtp_username)"
        echo "        auth_password: $(value smtp_password)"
    fi
fi
