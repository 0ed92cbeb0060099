# Sourced by the scripts of this folder: what they need to make an image from Debian's packages.
set -eu
here=$(dirname "$0")
root=$(cd "$here/../../.." && pwd)
for command in mmdebstrap docker; do
    command -v "$command" >/dev/null || { echo "This needs $command: CONTRIBUTING.md, Containers" >&2 && exit 1; }
done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
tar=$work/rootfs.tar

# tag NAME: the image NAME with the tag that docker-compose.yml or the Dockerfile pins, so neither can drift apart.
tag() {
    sed -n "s#^ *image: \(&[a-z]* \)*\($1:.*\)#\2#p; s#^ARG [A-Z]*=\($1:.*\)#\1#p" "$root/docker-compose.yml" "$root/deploy/Dockerfile"
}

# site: the mirror that this machine's apt uses.
site() {
    apt-get indextargets --format '$(SITE)' 'Created-By: Packages' 'Component: main' | head -n 1
}

# rootfs PACKAGES [FLAG...]: a small Debian in $tar, from the mirror that this machine's apt uses. As in slim images,
# no person reads manuals in it.
rootfs() {
    packages=$1
    shift
    echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $(site) bookworm main" |
        mmdebstrap --quiet --mode=root --variant=apt --include="usr-is-merged,$packages" \
            --hook-dir=/usr/share/mmdebstrap/hooks/merged-usr --dpkgopt='path-exclude=/usr/share/man/*' \
            --dpkgopt='path-exclude=/usr/share/locale/*' --dpkgopt='path-exclude=/usr/share/doc/*' \
            --customize-hook='rm -rf "$1"/var/cache/* "$1"/var/log/*' \
            "$@" bookworm "$tar" - >"$work/log" 2>&1 || { cat "$work/log" >&2 && exit 1; }
}

# stop_signal SIGNAL IMAGE: what the engine sends to stop a container of it; an import cannot say so.
stop_signal() {
    printf 'FROM %s\nSTOPSIGNAL %s\n' "$2" "$1" | docker build --quiet --tag "$2" -
}

# The shell, and the command that the images' health checks call: the real ones are built on Alpine or BusyBox.
busybox='--customize-hook=chroot "$1" ln -s /bin/busybox /usr/bin/wget && chroot "$1" ln -sf busybox /bin/sh'
