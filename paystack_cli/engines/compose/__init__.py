"""The compose engine: the services as containers, by Docker Compose v2 and its engine."""
