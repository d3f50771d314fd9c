"""Checks: a probe is tried until it proves its point or one shared deadline passes."""
