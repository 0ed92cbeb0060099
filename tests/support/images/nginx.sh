#!/bin/sh
# Stands in for the nginx image: Debian's packages (the real one has njs, too), under the name and with the user and the stop signal of the real one.
. "$(dirname "$0")/debian.sh"
rootfs busybox,nginx-light,libnginx-mod-http-js "$busybox" \
    --customize-hook='chroot "$1" groupadd --system --gid 101 nginx' \
    --customize-hook='chroot "$1" useradd --system --uid 101 --gid 101 --no-create-home nginx' \
    --customize-hook='chroot "$1" ln -s /usr/bin/env /docker-entrypoint.sh'
docker import --change 'ENTRYPOINT ["/docker-entrypoint.sh"]' --change 'CMD ["nginx", "-g", "daemon off;"]' \
    --change 'EXPOSE 80' "$tar" "$(tag nginx)"
# It answers what it was asked, and stops.
stop_signal SIGQUIT "$(tag nginx)"
