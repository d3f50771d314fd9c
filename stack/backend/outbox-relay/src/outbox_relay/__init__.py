"""Publishes outbox rows to Kafka through the circuit breaker."""
