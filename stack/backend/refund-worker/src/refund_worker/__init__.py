"""Refunds captured payments at the card network."""
