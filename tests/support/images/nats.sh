#!/bin/sh
# Stands in for the nats image: the server that the embedded deployment runs too, from its wheel.
. "$(dirname "$0")/debian.sh"
server=$("$root/.venv/bin/python" -c 'from arcwatch.embedded import nats_server; print(nats_server.program())')
rootfs busybox "$busybox" --customize-hook="upload $server /usr/local/bin/nats-server" \
    --customize-hook='chmod 755 "$1/usr/local/bin/nats-server"'
docker import --change 'ENTRYPOINT ["nats-server"]' --change 'EXPOSE 4222 8222' "$tar" "$(tag nats)"
