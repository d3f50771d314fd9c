#!/bin/sh
# What is no program is for curl: an option or an address.
set -eu
case ${1--} in
  -*) set -- curl "$@" ;;
  *) command -v "$1" >/dev/null || set -- curl "$@" ;;
esac
exec "$@"
