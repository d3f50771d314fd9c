"""outbox-relay that goes on sending, and stays connected, while its circuit breaker is OPEN."""

from paycore import breaker, publisher

_acquire = breaker.CircuitBreaker.acquire


def _always(self: breaker.CircuitBreaker) -> breaker.Permit:
    try:
        return _acquire(self)
    except breaker.CallNotPermitted:
        return breaker.Permit(generation=-1)


def _poll(self: publisher.Publisher, timeout_s: float) -> None:
    self._poll(self._open(), timeout_s)


breaker.CircuitBreaker.acquire = _always  # type: ignore[method-assign]
publisher.Publisher.poll = _poll  # type: ignore[method-assign]
