#!/bin/sh
# What the real image's entry point does: flags alone are those of the server, and so is nothing.
set -eu
case ${1:--} in -*) set -- nats-server "$@" ;; esac
exec "$@"
