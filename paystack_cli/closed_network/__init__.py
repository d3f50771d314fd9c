"""What a network without an image registry needs, made from packages: an engine and base images.

`scripts/docker-engine` and `scripts/base-images` run the modules of this package; the `paystack`
command itself needs none of them.
"""
