#!/bin/sh
# Stands in for python:*-slim: Debian's Python under /usr/local, with pip. The machine's certificates come along: a
# company's proxy may need its own, and pip and npm run behind it.
. "$(dirname "$0")/debian.sh"
certificates=/etc/ssl/certs/ca-certificates.crt
rootfs python3,python3-venv,ca-certificates \
    --customize-hook='chroot "$1" python3 -m venv /usr/local' \
    --customize-hook='find "$1/usr" -name __pycache__ -prune -exec rm -rf {} +' \
    --customize-hook="upload $certificates $certificates"
docker import --change 'CMD ["python3"]' --change "ENV PIP_CERT=$certificates NODE_EXTRA_CA_CERTS=$certificates" \
    "$tar" "$(tag python)"
