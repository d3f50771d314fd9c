"""Applies the versioned migrations of paydb, once."""
