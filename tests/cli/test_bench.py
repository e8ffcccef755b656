"""`gpend bench` prints a table for people, and the same as JSON."""

import json
from dataclasses import replace

import pytest

from gpend import bench
from gpend.cli import bench as command
from gpend.end_to_end import EndToEnd
from tests.cli import Gpend
from tests.test_bench import STAGE

RESULTS = bench.Results(
    {
        "processor": "Model 7",
        "cores": 2,
        "memory_mib": 4096,
        "system": "Linux-6",
        "python": "3.11",
        "torch": "2.14",
        "gpend": "0.1.0",
    },
    (bench.Speed("gpen-256 (670ae8dc)", "float16", 0.0004, (bench.Batch(1, 200.0), bench.Batch(8, 50.0))),),
    4.0,
    0.2,
    900,
    STAGE,
    STAGE,
    EndToEnd(20, 2, 5.0, 0.95, 0.01),
)


@pytest.fixture(autouse=True)
def _measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench, "measure", lambda *_arguments: RESULTS)


def test_the_table_names_the_machine_the_limit_and_what_it_means(gpend: Gpend) -> None:
    output = gpend("bench", "--quick").output
    assert "Model 7, 2 cores, 4,096 MiB\ngpend 0.1.0, PyTorch 2.14, Python 3.11, Linux-6\n" in output
    assert "gpen-256 (670ae8dc) in float16, 4.0e-04 from float32" in output
    assert "5.0 faces/s one at a time (200 ms each), 20.0 faces/s 8 at a time (50 ms each)" in output
    assert "sharp portrait, 12 MP, left alone" in output
    assert "most of it is decoding, measuring and encoding" in output
    assert "a folder, end to end, 2 photos at a time (`slots`)   5.0 photos/s" in output
    assert "what holds it up: the processors (gpend kept the processors busy by 95%, other programs by 1%)" in output
    assert "60,000 photos, 5% of them blurred portraits: about 3 h 20 min." in output


def test_a_folder_that_could_not_be_measured_is_told_with_the_reason(
    gpend: Gpend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bench, "measure", lambda *_arguments: replace(RESULTS, once="/tmp has no room"))  # noqa: S108
    output = gpend("bench").output
    assert "a folder, end to end: not measured, as /tmp has no room" in output
    assert "about 6 h 40 min." in output  # one photo after the other


def test_scripts_get_the_same_as_json(gpend: Gpend) -> None:
    told = json.loads(gpend("bench", "--json").output)
    assert told["looked_at"]["seconds"] == 0.4
    assert told["roll_minutes"] == 200.0
    assert told["once"]["limit"].startswith("the processors")
    assert told["networks"][0]["batches"][1] == {"faces": 8, "milliseconds": 50.0}
    assert command.bench.name == "bench"
