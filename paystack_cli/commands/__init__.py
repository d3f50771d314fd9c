"""One file per command or command group: parse, call, render; no logic."""
