"""The stack model: compose.yaml with `x-paystack`, the event catalog, settings, selection."""
