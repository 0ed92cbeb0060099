#!/bin/sh
# Stands in for the nats image: the server that the embedded deployment runs too, from its wheel.
. "$(dirname "$0")/debian.sh"
server=$("$root/.venv/bin/python" -c 'from arcwatch.embedded import nats_server; print(nats_server.program())')
rootfs busybox "$busybox" --customize-hook="upload $server /usr/local/bin/nats-server" \
    --customize-hook='chmod 755 "$1/usr/local/bin/nats-server"' \
    --customize-hook="upload $root/tests/support/images/nats-entrypoint.sh /usr/local/bin/docker-entrypoint.sh" \
    --customize-hook='chmod 755 "$1/usr/local/bin/docker-entrypoint.sh"'
docker import --change 'ENTRYPOINT ["docker-entrypoint.sh"]' --change 'CMD ["nats-server", "--config", "/etc/nats/nats-server.conf"]' \
    --change 'EXPOSE 4222 6222 8222' "$tar" "$(tag nats)"
