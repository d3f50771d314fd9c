"""Checks and commands of other packages, which announce them by entry points (docs/plugins.md)."""
