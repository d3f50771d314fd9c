#!/bin/bash
# Becomes a Java program of Kafka: kafka-run-class.sh CLASS [ARGUMENT…]
# KAFKA_HEAP_OPTS, KAFKA_JVM_PERFORMANCE_OPTS, KAFKA_LOG4J_OPTS and KAFKA_OPTS are options of its Java.
set -euo pipefail

readonly home=/opt/kafka

# The archives that `train` has made: half of a start is loading and verifying classes.
case $1 in
  kafka.*) archive=$home/server.jsa ;;
  *) archive=$home/tools.jsa ;;
esac
options=(-XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xshare:auto)
if [ -n "${KAFKA_JVM_PERFORMANCE_OPTS-}" ]; then
  read -ra options <<<"$KAFKA_JVM_PERFORMANCE_OPTS"
fi
if [ -f "$archive" ]; then
  options+=("-XX:SharedArchiveFile=$archive")
fi
read -ra given <<<"${KAFKA_HEAP_OPTS--Xmx256m} ${KAFKA_LOG4J_OPTS--Dlog4j2.configurationFile=/etc/kafka/docker/log4j2.properties} ${KAFKA_OPTS-}"

# The archives hold for one class path, so its order must not depend on the file system.
LC_ALL=C
jars=("$home"/libs/*.jar)
exec java "${options[@]}" "${given[@]}" -cp "$(IFS=:; echo "${jars[*]}")" "$@"
