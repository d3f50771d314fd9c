"""What the services share: events, outbox, inbox, relay, Kafka, MariaDB, breaker, lifecycle."""
