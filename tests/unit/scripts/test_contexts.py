"""scripts/contexts: the artefacts first, for they are what is measured."""

from tests.support.outline import Outline


def test_contexts_are_measured_with_their_artefacts(outline: Outline) -> None:
    outline.put("scripts/artefacts", 'echo "artefacts" >> "$(dirname "$0")/../calls"\n')
    outline.put(".venv/bin/paystack", '#!/bin/sh\necho "paystack $*" >> calls\nexit 6\n')
    assert outline.run("contexts").exit_code == 6
    assert outline.calls == ["artefacts", "paystack context show --max-growth 20"]
