"""`gpend bench`: the table of what this machine can do."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gpend.cli.answers import print_json
from gpend.cli.group import CONFIG, JSON, commands, settings_if_any

if TYPE_CHECKING:
    from gpend.bench import Results, Speed, Stage
    from gpend.end_to_end import EndToEnd

_RUNS = 9
_QUICK = 3


@commands.command()
@click.option("--quick", is_flag=True, help=f"{_QUICK} runs of everything in place of {_RUNS}.")
@JSON
@CONFIG
def bench(config_file: Path | None, *, quick: bool, as_json: bool) -> None:
    """How fast is gpend on this machine, and what holds it up?

    Looks at and restores photos of 12 megapixels that it makes itself: a folder of them as `gpend once` would, in a
    temporary place, then one after the other in this process. Nothing else should be at work meanwhile, the service of
    gpend neither.

    \b
    Example:
      gpend bench --json > bench.json
    """
    from gpend import wiring
    from gpend.bench import measure

    settings = settings_if_any(config_file)
    say = partial(click.echo, err=True)
    results = measure(lambda: wiring.networks(settings), settings, _QUICK if quick else _RUNS, say)
    if as_json:
        print_json(results.as_data())
    else:
        click.echo(_text(results))


def _text(results: "Results") -> str:
    from gpend.bench import BLURRED, ROLL
    from gpend.words import count_of

    machine = results.machine
    cores = count_of(int(str(machine["cores"])), "core")
    hours, minutes = divmod(round(results.roll_minutes), 60)
    long = f"{hours} h {minutes} min" if hours else f"{minutes} min"
    return "\n".join(
        [
            f"{machine['processor']}, {cores}, {machine['memory_mib']:,} MiB",
            f"gpend {machine['gpend']}, PyTorch {machine['torch']}, Python {machine['python']}, {machine['system']}",
            f"  start, until the first photo is done   {results.start_seconds:.1f} s",
            f"  gpend status                           {results.status_seconds:.2f} s",
            f"  memory, at most                        {results.memory_mib:,} MiB",
            *(line for speed in results.networks for line in _speed(speed)),
            *_lines(results.looked_at),
            *_lines(results.restored),
            *_once(results.once),
            f"{ROLL:,} photos, {BLURRED:.0%} of them blurred portraits: about {long}.",
        ]
    )


def _speed(speed: "Speed") -> list[str]:
    batches = ", ".join(
        f"{1000 / batch.milliseconds:.1f} faces/s {'one' if batch.faces == 1 else batch.faces} at a time "
        f"({batch.milliseconds:.0f} ms each)"
        for batch in speed.batches
    )
    error = "" if speed.error is None else f" in {speed.precision}, {speed.error:.1e} from float32"
    return [f"  {speed.name}{error}", f"    {batches}"]


def _once(once: "EndToEnd | str") -> list[str]:
    from gpend.words import count_of

    if isinstance(once, str):
        return [f"  a folder, end to end: not measured, as {once}"]
    at_a_time = f"{count_of(once.slots, 'photo')} at a time (`slots`)"
    return [
        f"  a folder, end to end, {at_a_time}   {once.rate:.1f} photos/s",
        f"    what holds it up: {once.limit}",
    ]


def _lines(stage: "Stage") -> list[str]:
    low, high = (1000 * seconds for seconds in stage.spread)
    name = f"{stage.photo}, 12 MP, {'restored' if stage.was_restored else 'left alone'}"
    speed = f"{1 / stage.seconds:.1f} photos/s ({1000 * stage.seconds:.0f} ms, {low:.0f} to {high:.0f})"
    parts = {"faces": stage.detect, "blur": stage.estimate, "network": stage.restore, "all else": stage.rest}
    shares = ", ".join(f"{part} {1000 * seconds:.0f}" for part, seconds in parts.items())
    return [f"  {name:<38} {speed}", f"    {shares} ms; most of it is {stage.limit}"]
