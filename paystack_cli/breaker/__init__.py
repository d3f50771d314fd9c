"""Circuit breakers of a running stack: what they say, and proving that they protect it."""
