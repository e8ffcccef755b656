"""`gpend bench` prints a table for people, and the same as JSON."""

import json

import pytest

from gpend import bench
from gpend.cli import bench as command
from tests.cli import Gpend
from tests.test_bench import STAGE

RESULTS = bench.Results(
    {"processor": "Model 7", "cores": 2, "memory_mib": 4096, "python": "3.11"},
    "gpen-256 (670ae8dc)",
    4.0,
    0.2,
    900,
    (bench.Batch(1, 200.0), bench.Batch(8, 150.0)),
    STAGE,
    STAGE,
)


@pytest.fixture(autouse=True)
def _measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench, "measure", lambda *_arguments: RESULTS)


def test_the_table_names_the_machine_the_limit_and_what_it_means(gpend: Gpend) -> None:
    output = gpend("bench", "--quick").output
    assert "Model 7, 2 cores, 4,096 MiB; gpen-256 (670ae8dc)" in output
    assert "sharp portrait, 12 MP, left alone" in output
    assert "most of it is decoding, measuring and encoding" in output
    assert "60,000 photos, one after the other, 5% of them blurred portraits: about 6 h 40 min." in output


def test_scripts_get_the_same_as_json(gpend: Gpend) -> None:
    told = json.loads(gpend("bench", "--json").output)
    assert told["looked_at"]["seconds"] == 0.4
    assert told["roll_minutes"] == 400.0
    assert command.bench.name == "bench"
