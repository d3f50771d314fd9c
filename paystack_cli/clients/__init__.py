"""Connections to a running stack's servers, with typed errors; one module per protocol."""
