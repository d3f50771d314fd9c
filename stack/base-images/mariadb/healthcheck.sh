#!/bin/bash
# Is the server healthy? --connect: it can be reached over TCP; --innodb_initialized: its tables are open.
set -euo pipefail

query() {
  mariadb --defaults-extra-file=/var/lib/mysql/.my-healthcheck.cnf --host=127.0.0.1 --protocol=tcp \
    --skip-column-names --batch --execute "$1"
}

for check in "$@"; do
  case $check in
    --connect) [ "$(query 'SELECT 1')" = 1 ] ;;
    --innodb_initialized)
      [ "$(query "SELECT 1 FROM information_schema.ENGINES WHERE ENGINE = 'InnoDB' AND SUPPORT <> 'NO'")" = 1 ]
      ;;
    *)
      echo "healthcheck.sh: no such check: $check" >&2
      exit 2
      ;;
  esac || {
    echo "healthcheck.sh: $check failed" >&2
    exit 1
  }
done
