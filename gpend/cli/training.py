"""The command that makes networks; everything it needs is imported only by whoever asks for it."""

from pathlib import Path

import click

from gpend.cli.group import FILE, commands


@commands.command()
@click.option("--config", "config_file", type=FILE, required=True, metavar="FILE", help="What to train, and on what.")
@click.option("--minutes", "amount", type=click.FloatRange(min=0), required=True, help="How long; 0 only evaluates.")
@click.option("--resume", is_flag=True, help="Go on from the checkpoint of an earlier run.")
def train(config_file: Path, amount: float, *, resume: bool) -> None:
    """Train one of gpend's networks on your own faces.

    Weights, tables on faces it never saw, contact sheets and a model card are left in the folder that FILE names.
    Stop it at any moment with Ctrl-C: the checkpoint is kept, and --resume goes on as if nothing had happened. Never
    needed for restoring photos.

    \b
    Example:
      gpend train --config train.yaml --minutes 60 --resume
    """
    from gpend.training.command import run

    run(config_file, amount, click.echo, resume=resume)
