"""Stands in for the card network over HTTP."""
