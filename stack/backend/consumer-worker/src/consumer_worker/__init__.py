"""Books captured and refunded payments in the double-entry ledger."""
