"""CONTRIBUTING.md: what it names is there, and where it says so."""

import re
import tomllib

from tests.contributing import PAGE, ROOT, line_of, places, updated

TEXT = PAGE.read_text()
NEAR = 25
"""Lines: a reader who goes there has it on the screen. `python -m tests.contributing` makes them exact."""


def test_every_place_still_holds_what_the_page_says() -> None:
    named = places(TEXT)
    assert len(named) == len(re.findall(r"\.py:\d+", TEXT)), "a place without a name"
    for place in named:
        line = line_of(place.file, place.name)
        assert line is not None, f"{place.file} does not define {place.name}"
        assert abs(line - place.line) <= NEAR, f"{place.name} stands on line {line}: python -m tests.contributing"


def test_bringing_the_lines_up_to_date_changes_nothing_else() -> None:
    assert re.sub(r"\.py:\d+", "", updated(TEXT)) == re.sub(r"\.py:\d+", "", TEXT)


def test_every_file_that_is_named_is_there() -> None:
    for name in re.findall(r"`((?:gpend|tests)/[\w/.]*\.py)", TEXT):
        assert (ROOT / name).is_file(), name


def test_the_table_of_layers_is_that_of_the_import_contracts() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    (layers,) = [contract["layers"] for contract in contracts if contract["type"] == "layers"]
    height = {name: row for row, names in enumerate(layers) for name in re.split(r"\s*[|:]\s*", names)}
    table = TEXT.split("| layer | what |")[1].split("## ")[0]
    told = re.findall(r"`(\w+)`", "".join(row.split("|")[1] for row in table.splitlines() if row.startswith("| `")))
    assert set(told) == set(height) - {"__main__"}
    assert [height[name] for name in told] == sorted(height[name] for name in told)


def test_it_is_one_page_and_comes_with_the_source() -> None:
    assert len(TEXT.splitlines()) <= 130
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert "CONTRIBUTING.md" in project["tool"]["hatch"]["build"]["targets"]["sdist"]["include"]
    assert "CONTRIBUTING.md" in (ROOT / "README.md").read_text()
