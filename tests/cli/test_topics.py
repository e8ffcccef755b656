"""The long matters: each is listed, can be read, and speaks of settings and commands that there are."""

import re
from pathlib import Path

import pytest
import yaml

from gpend import config
from gpend.cli import commands
from gpend.cli.topics import text, topics
from tests.cli import Gpend

KEYS = set(config.keys())
TOPICS = sorted(topics())


def test_topics_are_listed_with_what_they_are_about(gpend: Gpend) -> None:
    said = gpend("help").output
    for name, title in topics().items():
        assert re.search(rf"^  {name} +{re.escape(title)}$", said, re.MULTILINE)
    assert {"reasons", "tuning", "recovering", "privacy", "nas"} <= set(topics())


@pytest.mark.parametrize("topic", TOPICS)
def test_a_topic_is_told_as_it_is_written_where_there_is_no_terminal(topic: str, gpend: Gpend) -> None:
    assert gpend("help", topic).output == text(topic)


def test_the_name_of_a_command_is_a_topic(gpend: Gpend) -> None:
    assert gpend("help", "restore").output == gpend("restore", "--help").output
    assert gpend("help", "NAS").exit_code == 0


def test_a_topic_that_there_is_not_is_answered_with_the_nearest(gpend: Gpend) -> None:
    result = gpend("help", "reson")
    assert result.exit_code == 2
    assert "Did you mean reasons?" in result.output
    assert "reasons" in gpend("help", "zzzzzz").output


@pytest.mark.parametrize("topic", TOPICS)
def test_every_command_and_option_that_a_topic_speaks_of_is_there(topic: str) -> None:
    for line in re.findall(r"`(?:sudo )?(gpend [^`\n]+)`", text(topic)):
        words = line.split()
        if not words[1].isalpha():
            continue
        assert words[1] in commands.commands, line
        known = {option for parameter in commands.commands[words[1]].params for option in parameter.opts}
        options = {word.split("=")[0] for word in words[2:] if word.startswith("--")}
        assert words[1] == "weights" or options <= known, line


@pytest.mark.parametrize("topic", TOPICS)
def test_no_line_of_a_topic_but_those_of_tables_is_longer_than_the_others(topic: str) -> None:
    assert [line for line in text(topic).splitlines() if len(line) > 137 and not line.startswith("|")] == []


@pytest.mark.parametrize("topic", TOPICS)
def test_every_setting_that_a_topic_speaks_of_is_there(topic: str) -> None:
    groups = {key.split(".")[0] for key in KEYS if "." in key}
    for said in re.findall(r"`([a-z_]+\.[a-z_]+)(?:: [^`]*)?`", text(topic)):
        assert said.split(".")[0] not in groups or said in KEYS, said
    for said in re.findall(r"`([a-z]+_[a-z_]+)`", text(topic)):
        assert said in KEYS or any(key.endswith(f".{said}") for key in KEYS) or said.startswith("gpend_"), said


@pytest.mark.parametrize("topic", TOPICS)
def test_every_configuration_that_a_topic_shows_is_right(topic: str) -> None:
    for block in re.findall(r"(?:^|\n\n)((?:    [^\n]*\n)+)", text(topic)):
        shown = "".join(line[4:] + "\n" for line in block.splitlines())
        if re.match(r"(triage|restore|notifications|folders|photo|hooks):", shown):
            assert yaml.safe_load(shown)
            config.parse(shown, name=topic, folder=Path("/"))
