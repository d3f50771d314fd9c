"""The least that a command made with Typer costs: what `paystack` is held against."""

import typer

app = typer.Typer()


@app.command()
def main() -> None:
    """Do nothing."""


if __name__ == "__main__":
    app()
