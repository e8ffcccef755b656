"""`gpend bench`: the table of what this machine can do."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gpend.cli.answers import print_json
from gpend.cli.group import CONFIG, JSON, commands, settings_if_any

if TYPE_CHECKING:
    from gpend.bench import Results, Stage

_RUNS = 9
_QUICK = 3


@commands.command()
@click.option("--quick", is_flag=True, help=f"{_QUICK} runs of everything in place of {_RUNS}.")
@JSON
@CONFIG
def bench(config_file: Path | None, *, quick: bool, as_json: bool) -> None:
    """How fast is gpend on this machine, and what holds it up?

    Looks at and restores photos of 12 megapixels that it makes itself, one after the other, in this process. Nothing
    is written. Nothing else should be at work meanwhile, the service of gpend neither.

    \b
    Example:
      gpend bench --json > bench.json
    """
    from gpend import wiring
    from gpend.bench import measure

    settings = settings_if_any(config_file)
    core = settings.core()
    say = partial(click.echo, err=True)
    results = measure(lambda: wiring.networks(settings), core, _QUICK if quick else _RUNS, say)
    if as_json:
        print_json(results.as_data())
    else:
        click.echo(_text(results))


def _text(results: "Results") -> str:
    from gpend.bench import BLURRED, ROLL
    from gpend.words import count_of

    machine = results.machine
    cores = count_of(int(str(machine["cores"])), "core")
    batches = ", ".join(f"{batch.milliseconds:.0f} ms in batches of {batch.faces}" for batch in results.batches)
    hours, minutes = divmod(round(results.roll_minutes), 60)
    long = f"{hours} h {minutes} min" if hours else f"{minutes} min"
    return "\n".join(
        [
            f"{machine['processor']}, {cores}, {machine['memory_mib']:,} MiB; {results.network}",
            f"  start, until the first photo is done   {results.start_seconds:.1f} s",
            f"  gpend status                           {results.status_seconds:.2f} s",
            f"  memory, at most                        {results.memory_mib:,} MiB",
            f"  a face in the network                  {batches}",
            *_lines(results.looked_at),
            *_lines(results.restored),
            f"{ROLL:,} photos, one after the other, {BLURRED:.0%} of them blurred portraits: about {long}.",
        ]
    )


def _lines(stage: "Stage") -> list[str]:
    low, high = (1000 * seconds for seconds in stage.spread)
    name = f"{stage.photo}, 12 MP, {'restored' if stage.was_restored else 'left alone'}"
    speed = f"{1 / stage.seconds:.1f} photos/s ({1000 * stage.seconds:.0f} ms, {low:.0f} to {high:.0f})"
    parts = {"faces": stage.detect, "blur": stage.estimate, "network": stage.restore, "all else": stage.rest}
    shares = ", ".join(f"{part} {1000 * seconds:.0f}" for part, seconds in parts.items())
    return [f"  {name:<38} {speed}", f"    {shares} ms; most of it is {stage.limit}"]
