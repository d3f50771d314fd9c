"""Builds the wheel of one package of ours, by the pinned hatchling of `.venv` and without network.

Hatchling's wheels are reproducible: the same sources give the same bytes. So nothing needs to be
remembered of the last build; building one takes milliseconds.
"""

from pathlib import Path

from paystack_cli.errors import StartFailed


def build_wheel(package: Path, output: Path) -> Path:
    """Build the package in the folder `package` and return the wheel, in the folder `output`.

    Raises StartFailed with hatchling's reason.
    """
    from hatchling.builders.wheel import WheelBuilder

    try:
        (wheel,) = WheelBuilder(str(package)).build(directory=str(output), versions=["standard"])
    except Exception as error:  # hatchling promises no types
        raise StartFailed(
            f"cannot build the wheel of {package.name}: {error}",
            hint=f"mend {package / 'pyproject.toml'} or what it names, and run the same again",
        ) from error
    return Path(wheel)
