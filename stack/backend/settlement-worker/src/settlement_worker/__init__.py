"""Captures authorized payments at the card network."""
