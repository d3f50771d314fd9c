"""An example plug-in of paystack: a check and a command about merchants."""
