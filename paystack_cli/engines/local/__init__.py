"""The local engine: the services as processes of this machine, under supervisor."""
