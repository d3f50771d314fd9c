#!/usr/bin/env bash
# Plays one of the project's scripts, or paystack: tells $STORY that it begins and how it ends. A command is
# asked for by how it begins:
#   FAILS  ends with code 4
#   HANGS  ends only when it is stopped
#   MEET   "A|B|…": each waits until all of them have begun
set -euo pipefail
command="$(basename "$0")${*:+ $*}"

tell() { echo "$1 $command" >>"$STORY"; }
asked() { [ -n "$1" ] && [[ $command == "$1"* ]]; }

meet() {
  local one
  local -a those
  IFS='|' read -ra those <<<"$1"
  for one in "${those[@]}"; do
    if asked "$one"; then
      for one in "${those[@]}"; do
        timeout 20 sh -c 'until grep -q "^begin $1" "$2"; do sleep 0.02; done' - "$one" "$STORY"
      done
      return
    fi
  done
}

mkdir -p reports/evidence
tell begin
echo "this is $command"
meet "${MEET-}"
case $command in
  "test unit") echo '<testsuite name="unit"><testcase name="a"/></testsuite>' >reports/unit.xml ;;
  "paystack up") env >reports/environment ;;
  evidence) echo '{}' >reports/evidence/status.json ;;
esac
if asked "${HANGS-}"; then
  trap 'tell stopped; exit 143' TERM
  echo "waiting"
  sleep 60 &
  wait
fi
if asked "${FAILS-}"; then
  echo '<testsuite name="s"><testcase name="b"><failure message="broken"/></testcase></testsuite>' >reports/failed.xml
  tell failed
  exit 4
fi
tell end
