"""Engines run the stack: one protocol, the same commands, probes and output for each."""
