# shellcheck shell=sh
# What deploy/secrets.sh makes for NATS, with openssl: a key for each user, and TLS. It has `folder`, `put` and `change`.

letter() {
    code=$(($1 < 26 ? $1 + 65 : $1 + 24)) # A to Z, 2 to 7
    letters="$letters\\$((code / 64))$((code / 8 % 8))$((code % 8))"
}

# encoded BYTE...: as nkeys are written, in base32 with a checksum behind it (CRC-16/XMODEM, its low byte first).
encoded() {
    crc=0
    for byte in "$@"; do
        crc=$((crc ^ byte << 8))
        for _ in 1 2 3 4 5 6 7 8; do
            crc=$(((crc << 1 ^ (crc >> 15) * 0x1021) & 0xffff))
        done
    done
    letters='' bits=0 rest=0
    for byte in "$@" $((crc & 255)) $((crc >> 8)); do
        rest=$((rest << 8 | byte)) bits=$((bits + 8))
        while [ "$bits" -ge 5 ]; do
            bits=$((bits - 5))
            letter $((rest >> bits & 31))
        done
        rest=$((rest & (1 << bits) - 1))
    done
    [ "$bits" = 0 ] || letter $((rest << 5 - bits & 31))
    # shellcheck disable=SC2059 # letters by their numbers are a format
    printf "$letters"
}

# new_key FILE: writes the seed of a user's key, and prints its public part.
new_key() {
    der=$(mktemp)
    openssl genpkey -algorithm ed25519 -outform DER -out "$der"
    # Both end in the 32 bytes that count.
    # shellcheck disable=SC2046 # a word for each byte
    change "$1" "$(encoded 149 0 $(tail -c 32 "$der" | od -An -v -tu1))"
    # shellcheck disable=SC2046
    encoded 160 $(openssl pkey -inform DER -in "$der" -pubout -outform DER | tail -c 32 | od -An -v -tu1)
    rm "$der"
}

nats_users='watcher ingester query-api admin'
variable() { printf '%s' "$1" | tr 'a-z-' 'A-Z_'; }

# users TEXT: what NATS reads. Passwords go over plain text, too, so that services of before come in until they are replaced.
users() {
    plain=false
    case $1 in *password:*) plain=true ;; esac
    change nats_users.conf "$(printf '%s' "$1" | sed '/^PLAIN:/d')
PLAIN: $plain
"
}

# add_key USER: beside what counts already, so that nobody loses a connection.
add_key() {
    key=$(new_key "nats_nkey_$1")
    users "$(sed "s|^$(variable "$1"): \[|&{nkey: \"$key\"}, |; s|, \]|]|" "$folder/nats_users.conf")"
}

retire_keys() {
    users "$(sed "s|^\($(variable "$1"): \[{[^}]*}\).*|\1]|" "$folder/nats_users.conf")"
    grep -q password: "$folder/nats_users.conf" || rm -f "$folder/passwords.conf"
}

# is_ours USER: its URL leads to the NATS of docker-compose.yml.
is_ours() { grep -q '^[a-z]*://[^@]*@nats:4222$' "$folder/nats_url_$1"; }

# The name on a certificate, and what it may do.
configuration() {
    cat <<END
[req]
distinguished_name = name
prompt = no
[name]
CN = $1
[authority]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[server]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth, clientAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
subjectAltName = $(printf 'DNS:%s' "${NATS_NAMES:-nats,localhost}" | sed 's/,/,DNS:/g')
END
}


quietly() { "$@" 2>"$made/log" || { cat "$made/log" >&2; exit 1; }; }
new_pair() { quietly openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -config "$made/conf" -keyout "$made/key" -out "$made/new" "$@"; }
first_certificate() { sed '/-END CERTIFICATE-/q' "$1"; }

# For ten years. What it signs is trusted besides what the one before did, of which the key is gone.
add_authority() (
    made=$(mktemp -d)
    trap 'rm -r "$made"' EXIT
    configuration "arcwatch NATS authority" >"$made/conf"
    new_pair -x509 -days 3650 -extensions authority
    before=
    [ ! -e "$folder/nats_ca.pem" ] || before=$(first_certificate "$folder/nats_ca.pem")
    change nats_ca.pem "$(cat "$made/new")
$before"
    # Nothing mounts it: it signs, here.
    cp "$made/key" "$folder/nats_ca.key"
)

make_certificate() (
    made=$(mktemp -d)
    trap 'rm -r "$made"' EXIT
    first_certificate "$folder/nats_ca.pem" >"$made/ca"
    configuration nats >"$made/conf"
    new_pair
    quietly openssl x509 -req -in "$made/new" -CA "$made/ca" -CAkey "$folder/nats_ca.key" -set_serial "0x1$(random)" \
        -days 3650 -extfile "$made/conf" -extensions server -out "$made/certificate"
    change nats_tls.pem "$(cat "$made/certificate" "$made/key")"
)

make_nats_secrets() {
    if [ ! -e "$folder/nats_users.conf" ]; then
        found=
        for user in $nats_users; do
            # From before there were keys.
            password=$(sed -n "s/^$(variable "$user")_PASSWORD: //p" "$folder/passwords.conf" 2>/dev/null || true)
            found="$found$(variable "$user"): [${password:+{user: \"$user\", password: $password\}}]
"
        done
        users "$found"
        for user in $nats_users; do
            add_key "$user"
        done
    fi
    for user in $nats_users; do
        [ -e "$folder/nats_nkey_$user" ] || add_key "$user"
        put "nats_url_$user" "tls://$user@nats:4222"
    done
    [ -e "$folder/nats_ca.pem" ] || add_authority
    [ -e "$folder/nats_tls.pem" ] || make_certificate
}
