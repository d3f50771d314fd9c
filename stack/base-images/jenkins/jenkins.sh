#!/bin/sh
# Becomes the stand-in, or the program that is named.
set -eu
case ${1---} in
  --*) exec python3 /usr/local/lib/stand_in.py Jenkins 8080 ;;
esac
exec "$@"
