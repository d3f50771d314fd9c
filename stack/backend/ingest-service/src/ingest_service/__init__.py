"""HTTP API: authorize, read, list, refund."""
