"""How long to pause before the next attempt: exponential, with jitter, bounded.

The jitter is over the upper half of the pause: many that failed together do not come back together,
and none comes back at once.
"""

import random

PAUSE_FIRST_S = 0.1
PAUSE_FACTOR = 2
EXPONENT_MAX = 30
"""Beyond it the pause is at its maximum anyway, and the power would overflow."""


def growing_pause_s(failures: int, pause_max_s: float) -> float:
    """Seconds to wait after `failures` failed attempts in a row (1 or more)."""
    exponent = min(failures - 1, EXPONENT_MAX)
    pause_s = min(pause_max_s, PAUSE_FIRST_S * PAUSE_FACTOR**exponent)
    return random.uniform(pause_s / 2, pause_s)  # noqa: S311 - jitter, not a secret
