#!/bin/sh
# Stands in for the alertmanager image: Debian's package, under the name and with the user of the real one.
. "$(dirname "$0")/debian.sh"
rootfs busybox,prometheus-alertmanager "$busybox" \
    --customize-hook='chroot "$1" ln -s /usr/bin/prometheus-alertmanager /bin/alertmanager' \
    --customize-hook='chroot "$1" install -d -o nobody -g nogroup /alertmanager'
docker import --change 'ENTRYPOINT ["/bin/alertmanager"]' \
    --change 'CMD ["--config.file=/etc/alertmanager/alertmanager.yml", "--storage.path=/alertmanager"]' --change 'USER nobody' --change 'WORKDIR /alertmanager' \
    --change 'VOLUME /alertmanager' --change 'EXPOSE 9093' "$tar" "$(tag prom/alertmanager)"
