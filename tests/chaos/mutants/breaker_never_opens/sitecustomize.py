"""outbox-relay whose circuit breaker counts, and never opens."""

from paycore import breaker

_change = breaker.CircuitBreaker._change


def _stay(self: breaker.CircuitBreaker, state: breaker.BreakerState) -> None:
    if state is not breaker.BreakerState.OPEN:
        _change(self, state)


breaker.CircuitBreaker._change = _stay  # type: ignore[method-assign]
