#!/bin/sh
# Installs Debian packages where we may; says what to type where we may not.
set -eu
as_root=""
if [ "$(id -u)" -ne 0 ]; then
    as_root="sudo -n"
    if ! sudo -n true 2>/dev/null; then
        echo "These tests need Debian's $*: run sudo apt-get install --no-install-recommends $*" >&2
        exit 1
    fi
fi
if ! command -v apt-get >/dev/null; then
    echo "These tests need $*, and this system has no apt-get: install them by its own means" >&2
    exit 1
fi
echo "Installing $* ..."
$as_root apt-get -qq update
DEBIAN_FRONTEND=noninteractive $as_root apt-get -qq install -y --no-install-recommends "$@" >/dev/null
