"""One payment's way through the stack, as one timeline out of everything that knows of it."""
