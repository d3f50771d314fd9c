"""Makes what the images of `stack/backend` copy in: wheels, built and fetched outside of them.

`<service>/build` holds the service's own wheel, `common/build` paycore's, `build` those of others
with the lock file that pins them. Unchanged sources leave the files untouched, so that the next
build of an image sends and does nothing.
"""

from paystack_cli.artefacts.make import make_artefacts, service_names

__all__ = ["make_artefacts", "service_names"]
