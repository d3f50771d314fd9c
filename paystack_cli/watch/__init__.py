"""A stack while it runs: what `paystack watch` reads again and again, each server for itself."""
