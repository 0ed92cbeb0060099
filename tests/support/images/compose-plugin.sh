#!/bin/sh
# Puts compose 2 into ~/.docker/cli-plugins, out of Debian 13's package: Debian 12 has version 1 alone. From the mirror
# that this machine's apt uses.
. "$(dirname "$0")/debian.sh"
mkdir -p "$work/lists/partial" "$work/cache/archives/partial" "$work/root" "$HOME/.docker/cli-plugins"
echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $(site) trixie main" >"$work/sources.list"
cd "$work"
apt() {
    apt-get --quiet --quiet --option Dir::Etc::SourceList="$work/sources.list" --option Dir::Etc::SourceParts=- \
        --option Dir::State::Lists="$work/lists" --option Dir::Cache="$work/cache" --option APT::Sandbox::User=root "$@"
}
apt update
apt download docker-compose
dpkg-deb --extract docker-compose_*.deb root
find root -path "*cli-plugins/docker-compose" -exec install -m 755 {} "$HOME/.docker/cli-plugins/" \;
docker compose version
