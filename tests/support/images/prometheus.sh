#!/bin/sh
# Stands in for the prometheus image: Debian's package, under the name and with the user of the real one.
. "$(dirname "$0")/debian.sh"
rootfs busybox,prometheus "$busybox" \
    --customize-hook='chroot "$1" install -d -o nobody -g nogroup -m 775 /prometheus'
docker import --change 'ENTRYPOINT ["/bin/prometheus"]' \
    --change 'CMD ["--config.file=/etc/prometheus/prometheus.yml", "--storage.tsdb.path=/prometheus"]' --change 'USER nobody' --change 'WORKDIR /prometheus' \
    --change 'VOLUME /prometheus' --change 'EXPOSE 9090' "$tar" "$(tag prom/prometheus)"
