"""What must be there before anything is started: room on the disk."""

import shutil
from pathlib import Path

from paystack_cli.errors import PreflightError

FREE_BYTES_MIN = 700 * 1024 * 1024
"""MariaDB's redo log (256 MiB) and tables, Kafka's first segments, rotated logs."""


def check_disk(folder: Path) -> None:
    """Raises PreflightError when the file system of `folder` is nearly full."""
    free = shutil.disk_usage(folder).free
    if free < FREE_BYTES_MIN:
        raise PreflightError(
            f"{folder} has {free // 2**20} MiB free, the stack needs {FREE_BYTES_MIN // 2**20}",
            hint=f"free some space (df -h '{folder}'), or PAYSTACK_STATE_DIR=/another/disk",
        )
