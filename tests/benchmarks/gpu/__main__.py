"""gpend on a graphics card, proven and measured in one run: `python -m tests.benchmarks.gpu --minutes 8`.

It needs nothing but a checkout with its packages, and a machine with an NVIDIA card. Without one it runs on the CPU as
far as that goes, and says what it skipped. The findings go to results.json, and as a table to the terminal.
"""

import json
import os
import platform
import sys
import time
from dataclasses import asdict
from pathlib import Path

import click
import torch

from gpend.models.device import backend_of, described, limit_threads, resolve
from tests.benchmarks.gpu import branches, conformance, decoding, detection, end_to_end, speed
from tests.benchmarks.gpu.findings import Bench, Finding, Step, Verdict, found_by

STEPS: tuple[Step, ...] = (
    conformance.find_conformance,
    branches.find_choice,
    branches.find_graphs,
    branches.find_nan,
    branches.find_transfers,
    branches.find_batcher,
    detection.find_detection,
    decoding.find_decoder,
    branches.find_out_of_memory,
    branches.find_small_card,
    branches.find_memory,
    branches.find_device_loss,
    speed.find_limit,
    speed.find_speed_as_called,
    end_to_end.find_end_to_end,
    decoding.find_decoding,
    speed.find_speed,
    speed.find_profile,
    speed.find_compiled,
)
"""What must be right comes first, then what is worth most: time may run out."""

_SHARED = Path(__file__).resolve().parents[4] / "shared"
_MINUTE = 60.0


@click.command()
@click.option("--minutes", default=8.0, help="How long it may take.")
@click.option("--device", default="auto", help="auto, cpu, cuda or cuda:N")
@click.option("--only", help="Only steps with this in their name.")
@click.option("--out", default="results.json", type=click.Path(path_type=Path), help="Where the findings go.")
def main(minutes: float, device: str, only: str | None, out: Path) -> None:
    """Prove and measure."""
    start = time.monotonic()
    place = resolve(device)
    limit_threads()
    shared = _SHARED if (_SHARED / "conformance").is_dir() else None
    bench = Bench(place, backend_of(place), shared, start + minutes * _MINUTE)
    machine = _machine(bench)
    click.echo(", ".join(f"{key} {value}" for key, value in machine.items()))
    findings = [
        one
        for step in STEPS
        if only is None or only in step.__name__
        for one in found_by(step, bench, lambda found: click.echo(_line(found)))
    ]
    told = {"machine": machine, "seconds": time.monotonic() - start, "findings": [asdict(one) for one in findings]}
    out.write_text(json.dumps(told, indent=1), encoding="utf-8")
    failed = [one.name for one in findings if one.verdict is Verdict.FAILED]
    click.echo(f"{len(findings)} findings in {told['seconds']:.0f} s, {len(failed)} failed, written to {out}")
    sys.exit(1 if failed else 0)


def _line(found: Finding) -> str:
    return f"{found.verdict:<8}  {found.name:<62}  {found.told}"


def _machine(bench: Bench) -> dict[str, object]:
    return {
        "device": described(bench.device),
        "cores": len(os.sched_getaffinity(0)),
        "torch": torch.__version__,
        "cuda": torch.version.cuda if bench.has_card else None,
        "python": platform.python_version(),
    }


if __name__ == "__main__":
    main()
