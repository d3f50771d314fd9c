"""Faults that are put into a running stack on purpose, and taken out again whatever happens."""
