"""The README: what it shows is what there is."""

import re
from pathlib import Path

import pytest
import yaml

from gpend import config
from gpend.cli import commands

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text()


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


@pytest.mark.parametrize("name", ["demo", "test"])
def test_each_set_up_is_one_line_that_makes_its_own_environment(name: str) -> None:
    marked = re.findall(rf"<!-- set-up: {name} -->\n```sh\n(.*?)```", README, re.DOTALL)
    assert len(marked) == 1
    assert len(marked[0].splitlines()) == 1
    assert marked[0].startswith("python3 -m venv .venv && .venv/bin/pip install ")


def test_the_continuous_check_runs_those_two_lines() -> None:
    script = (ROOT / ".ci" / "run").read_text()
    assert all(f"$(line_of_readme {name})" in script for name in ("demo", "test"))


def test_every_command_is_listed_and_every_listed_command_exists() -> None:
    listed = set(re.findall(r"^\| `gpend (\w+)", README, re.MULTILINE))
    assert listed == set(commands.commands)


def test_every_command_line_shown_is_one_that_gpend_understands() -> None:
    shown = set(
        re.findall(r"gpend (?!gpend)([a-z]+)(?= |`|\n)", "\n".join([*blocks("sh"), *re.findall(r"`[^`\n]+`", README)]))
    )
    assert shown <= set(commands.commands)


def test_the_configuration_shown_is_right() -> None:
    for text in blocks("yaml"):
        assert config.parse(text, name="README", folder=ROOT).folders


def test_every_setting_listed_exists_with_the_default_that_is_told() -> None:
    told = dict(re.findall(r"^\| `([\w.]+)` \| (\S+) \|", README, re.MULTILINE))
    documented = yaml.safe_load((ROOT / "config" / "gpend.yaml").read_text())
    for key, default in told.items():
        value: object = documented
        for part in key.split("."):
            assert isinstance(value, dict)
            value = value[part]
        assert str(value) == default


def test_every_file_that_is_linked_is_there() -> None:
    linked = re.findall(r"\]\((?!https?:)([^)#]+)\)", README)
    assert linked
    assert [name for name in linked if not (ROOT / name).exists()] == []


CHINESE = (ROOT / "README.zh-CN.md").read_text()


def skeleton(text: str) -> list[str]:
    """What is the same in every language: headings, code without comments, first cells, pictures, points of lists."""
    found, is_code = [], False
    for line in text.splitlines():
        is_code = line.startswith("```") != is_code
        if is_code:
            found.append(re.split(r"(?:^| +)#", line)[0])
        elif line.startswith("#"):
            found.append(line.split(" ")[0])
        elif line.startswith(("<!-- ", "- ")):
            found.append(line if line.startswith("<") else "-")
        elif cell := re.match(r"\| `(?:gpend )?([\w.]+)|!\[.*\]\((.+)\)", line):
            found.append(cell[1] or cell[2])
    return found


def test_the_chinese_readme_has_every_part_of_the_english_one() -> None:
    assert skeleton(CHINESE) == skeleton(README)


def test_the_chinese_readme_links_to_what_is_there_and_shows_every_command() -> None:
    linked = re.findall(r"\]\((?!https?:)([^)#]+)\)", CHINESE)
    assert [name for name in linked if not (ROOT / name).exists()] == []
    assert set(re.findall(r"^\| `gpend (\w+)", CHINESE, re.MULTILINE)) == set(commands.commands)
