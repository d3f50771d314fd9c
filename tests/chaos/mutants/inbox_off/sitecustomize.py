"""consumer-worker without its inbox: what was applied before is not known."""

from paycore import inbox

inbox.already_applied = lambda *_: set()
inbox.mark_applied = lambda *_: None
