#!/bin/sh
# Makes local stand-ins for every image that docker-compose.yml and the Dockerfile name, under the same tags, where they
# cannot be pulled: build.sh [NAME...]. It needs root, the Docker Engine and Debian's mmdebstrap. Images that are there
# already stay.
set -eu
. "$(dirname "$0")/debian.sh"
for name in ${*:-python nats postgres nginx prometheus alertmanager}; do
    case $name in prometheus | alertmanager) image=$(tag "prom/$name") ;; *) image=$(tag "$name") ;; esac
    docker image inspect "$image" >/dev/null 2>&1 || {
        echo "Making $image ..."
        sh "$here/$name.sh" >/dev/null
    }
done
