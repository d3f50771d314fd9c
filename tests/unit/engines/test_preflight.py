"""The disk is looked at before anything starts."""

from pathlib import Path

import pytest

from paystack_cli.engines.local import preflight
from paystack_cli.errors import PreflightError


def test_a_full_disk_is_told_with_its_figures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    preflight.check_disk(tmp_path)
    monkeypatch.setattr(preflight, "FREE_BYTES_MIN", 2**60)
    with pytest.raises(PreflightError, match=r"\d+ MiB free") as error:
        preflight.check_disk(tmp_path)
    assert "df -h" in error.value.hint
