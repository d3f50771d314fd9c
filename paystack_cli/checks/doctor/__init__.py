"""`paystack doctor`: examinations of the machine, the engines and this stack, with their findings.

One module per family of findings. Unlike other checks these look behind the `Engine` protocol, for
what keeps an engine from working is no engine's to tell.
"""
