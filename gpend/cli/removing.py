"""The command that takes a network out of the person's own folder again."""

from pathlib import Path

import click

from gpend.cli.answers import agrees
from gpend.cli.group import CONFIG, RefusedError, settings_if_any
from gpend.cli.weights import weights
from gpend.settings import Settings


@weights.command()
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do not ask.")
@CONFIG
def remove(name: str, config_file: Path | None, *, yes: bool) -> None:
    """Remove a network that was fetched or added.

    With its file goes what was measured of it, and what a broken download has left. Photos that it restored stay as
    they are.

    \b
    Example:
      gpend weights remove GPEN-BFR-2048
    """
    from gpend.models.removal import left_of
    from gpend.models.removal import remove as taken_away
    from gpend.models.weights import folder_to_fill, known, weights_folders

    settings = settings_if_any(config_file)
    own, folders = folder_to_fill(settings.restore.weights), weights_folders(settings.restore.weights)
    found = {one.checkpoint.name: one for one in known(folders)}
    if name not in found:
        raise RefusedError(f"No network is called {name}; known are: {', '.join(found)}. Nothing was removed.")
    checkpoint, path = found[name].checkpoint, found[name].path
    there = left_of(checkpoint, own)
    if not there and (path is None or path.parent != own):
        where = f"it lies in {path.parent}" if path else "it is not here"
        raise RefusedError(f"{own} holds nothing of {name}: {where}. Nothing was removed.")
    if path == own / checkpoint.file:
        _refuse_needed(name, settings)
    listed = "".join(f"\n  {place}" for place in there)
    if not (yes or agrees(f"These are removed:{listed}\nGo on?")):
        click.echo("Nothing was removed.")
        return
    taken_away(checkpoint, own, [folder for folder in folders if folder != own])
    click.echo(f"{name} was removed from {own}. A gpend that runs uses it until it is reloaded.")


def _refuse_needed(name: str, settings: Settings) -> None:
    """Raises RefusedError where gpend would not begin without it."""
    from gpend.models.needed import DETECTORS

    model, detector = settings.restore.model, settings.detect.model
    asked = {model: f"restore: {{model: {model}}}", DETECTORS[detector]: f"detect: {{model: {detector}}}"}
    if name in asked:
        raise RefusedError(
            f"The configuration asks for {name} (`{asked[name]}`), and gpend would not begin without it. Change that "
            "first. Nothing was removed."
        )
