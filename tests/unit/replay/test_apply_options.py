"""How many letters a transaction holds."""

import pytest

from paystack_cli.replay.apply import TRANSACTION_LETTERS_MAX, Options


@pytest.mark.parametrize(
    ("rate_per_s", "letters"),
    [(None, TRANSACTION_LETTERS_MAX), (0.1, 1), (1, 1), (50, 5), (400, 40), (1e9, 100)],
)
def test_a_rate_is_kept_by_small_transactions(rate_per_s: float | None, letters: int) -> None:
    assert Options(rate_per_s=rate_per_s).transaction_letters == letters
