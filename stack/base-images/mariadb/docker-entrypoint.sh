#!/bin/bash
# The first boot makes the data folder with its database and accounts; every boot then becomes the server.
# MARIADB_ROOT_PASSWORD is needed for the first boot; MARIADB_DATABASE, and MARIADB_USER with
# MARIADB_PASSWORD, are made when they are set. Arguments that begin with - are options of mariadbd.
set -euo pipefail
trap 'exit 143' TERM # process 1 is deaf to it otherwise, until it has become the server

readonly data=/var/lib/mysql
readonly fresh=$data/.first-boot # is there as long as a first boot is not over

fail() {
  printf 'entrypoint: %s\n' "$*" >&2
  exit 1
}

check_settings() {
  [ -n "${MARIADB_ROOT_PASSWORD-}" ] ||
    fail "MARIADB_ROOT_PASSWORD is not set, and this database has no root password yet"
  [ -z "${MARIADB_USER-}" ] || [ -n "${MARIADB_PASSWORD-}" ] ||
    fail "MARIADB_USER is set without MARIADB_PASSWORD"
}

text() { # value: as an SQL literal
  local value=${1//\\/\\\\}
  value=${value//\'/\\\'}
  printf "'%s'" "${value//$'\n'/\\n}"
}

identifier() { # name
  printf '%s' "\`${1//\`/\`\`}\`"
}

account() { # user, host, password
  printf 'CREATE OR REPLACE USER %s@%s IDENTIFIED BY %s;\n' "$(text "$1")" "$(text "$2")" "$(text "$3")"
}

accounts() { # password of the health check
  local host
  echo "FLUSH PRIVILEGES;" # a server in bootstrap mode has not read its own yet
  echo "DELETE FROM mysql.global_priv WHERE User IN ('root', '');"
  echo "DELETE FROM mysql.proxies_priv;"
  echo "FLUSH PRIVILEGES;"
  for host in localhost %; do
    account root "$host" "$MARIADB_ROOT_PASSWORD"
    echo "GRANT ALL ON *.* TO root@'$host' WITH GRANT OPTION;"
  done
  for host in localhost 127.0.0.1 ::1; do
    account healthcheck "$host" "$1"
  done
  if [ -n "${MARIADB_DATABASE-}" ]; then
    echo "CREATE DATABASE $(identifier "$MARIADB_DATABASE");"
  fi
  if [ -n "${MARIADB_USER-}" ]; then
    account "$MARIADB_USER" % "$MARIADB_PASSWORD"
    if [ -n "${MARIADB_DATABASE-}" ]; then
      echo "GRANT ALL ON $(identifier "${MARIADB_DATABASE//_/\\_}").* TO $(text "$MARIADB_USER")@'%';"
    fi
  fi
}

# Without network and socket: nobody sees a database that is half made. The folder `mysql`, by which a
# later boot knows that all is there, is moved last.
first_boot() { # options of mariadbd
  local password log=$fresh/log
  password=$(head --bytes 24 /dev/urandom | base64)
  mkdir "$fresh"
  if ! { mariadb-install-db --datadir="$fresh" --auth-root-authentication-method=normal --skip-test-db "$@" &&
    accounts "$password" | mariadbd --datadir="$fresh" --bootstrap "$@"; } >"$log" 2>&1; then
    cat "$log" >&2
    fail "could not make the data folder"
  fi
  (umask 077 && printf '[client]\nuser=healthcheck\npassword=%s\n' "$password" >"$data/.my-healthcheck.cnf")
  rm "$log"
  find "$fresh" -mindepth 1 -maxdepth 1 ! -name mysql -exec mv --target-directory="$data" {} +
  mv "$fresh/mysql" "$data"
  rmdir "$fresh"
  echo "entrypoint: made the data folder" >&2
}

case ${1--} in
  -*) set -- mariadbd "$@" ;;
esac
if [ "$1" = mariadbd ]; then
  if [ "$(id --user)" = 0 ]; then
    chown --recursive mysql:mysql "$data" /run/mysqld
    exec setpriv --reuid=mysql --regid=mysql --init-groups "$0" "$@"
  fi
  if [ -e "$fresh" ]; then
    echo "entrypoint: a first boot was interrupted; doing it again" >&2
    find "$data" -mindepth 1 -delete
  fi
  if [ ! -d "$data/mysql" ]; then
    check_settings
    first_boot "${@:2}"
  fi
fi
exec "$@"
