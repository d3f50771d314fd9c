"""An engine's progress, kept for tests."""


class Told:
    """What an engine has told: (service, phase, detail), and the notes."""

    def __init__(self) -> None:
        self.phases: list[tuple[str, str, str]] = []
        self.notes: list[str] = []

    def service(self, name: str, phase: str, detail: str = "") -> None:
        self.phases.append((name, phase, detail))

    def note(self, text: str) -> None:
        self.notes.append(text)
