"""The configuration: what it may hold, and what people are told about what it may not."""

import contextlib
import re
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from gpend import config, in_force
from gpend.core.formats import Format, signatures
from gpend.errors import ConfigurationError
from gpend.settings import ENDINGS, Keep, Settings

DOCUMENTED = Path(__file__).resolve().parents[1] / "config" / "gpend.yaml"


def parse(text: str) -> Settings:
    return config.parse(text, name="gpend.yaml", folder=Path("/etc/gpend"))


def complaint(text: str) -> str:
    with pytest.raises(ConfigurationError) as caught:
        parse(text)
    return str(caught.value)


def example() -> str:
    """The example of folders, which stands in comments because nobody has it by default, without the comment marks."""
    shown = re.search(r"^# folders:\n(#.*\n)+", DOCUMENTED.read_text(), re.MULTILINE)
    assert shown is not None
    return re.sub("^# ?", "", shown[0], flags=re.MULTILINE)


def live_keys(content: object, before: str = "") -> set[str]:
    if isinstance(content, list):
        return set().union(*(live_keys(item, before) for item in content))
    if not isinstance(content, dict):
        return set()
    return {f"{before}{key}" for key in content}.union(
        *(live_keys(value, f"{before}{key}.") for key, value in content.items())
    )


def test_the_documented_configuration_says_what_the_defaults_are() -> None:
    assert config.load(DOCUMENTED) == Settings()


def test_the_documented_configuration_names_every_key_there_is() -> None:
    content = yaml.safe_load(DOCUMENTED.read_text()) | yaml.safe_load(example())
    assert live_keys(content) == set(config.keys())


def test_every_documented_key_has_its_line_of_explanation() -> None:
    lines = DOCUMENTED.read_text().splitlines()
    keys = [place for place, line in enumerate(lines) if re.match(r"\s*\w+:", line)]
    assert [lines[place] for place in keys if not lines[place - 1].lstrip().startswith("# ")] == []


def test_the_documented_example_of_folders_is_right_once_its_comment_marks_are_gone() -> None:
    (folder,) = parse(example()).folders
    assert (folder.source, folder.output) == (Path("/srv/photos"), Path("/srv/photos-restored"))


@pytest.mark.parametrize("text", ["", "# nothing\n", "triage:\nlog:\nfolders:\nkeep:\n"])
def test_what_is_left_empty_has_its_default(text: str) -> None:
    assert parse(text) == Settings()


def test_values_reach_the_settings() -> None:
    settings = parse(
        "keep: hardlink\nsettle_seconds: 2\ntriage: {sharpness_threshold: 0.4}\nrestore: {device: 'cuda:1'}"
    )
    assert (settings.keep, settings.settle_seconds) == (Keep.HARDLINK, 2.0)
    assert (settings.triage.sharpness_threshold, settings.restore.device) == (0.4, "cuda:1")


def test_the_same_folders_are_meant_however_the_way_to_the_file_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("etc", "elsewhere/deep"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "etc" / "link").symlink_to(tmp_path / "elsewhere" / "deep")
    (tmp_path / "etc" / "g.yaml").write_text(
        "folders: [{source: ../in, output: link/../out}]\nledger: ../state/ledger.sqlite"
    )
    monkeypatch.chdir(tmp_path / "elsewhere")
    ways = ("../etc/g.yaml", "deep/../../etc/g.yaml", str(tmp_path / "elsewhere" / ".." / "etc" / "g.yaml"))
    for way in ways:
        settings = config.load(Path(way))
        (folder,) = settings.folders
        assert (folder.source, folder.output) == (tmp_path / "in", tmp_path / "elsewhere" / "out")
        assert settings.ledger == tmp_path / "state" / "ledger.sqlite"


def test_a_link_to_a_folder_is_named_as_it_was_written(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "photos").symlink_to(tmp_path / "disk")
    (tmp_path / "g.yaml").write_text("folders: [{source: photos, output: out}]")
    assert config.load(tmp_path / "g.yaml").folders[0].source == tmp_path / "photos"


def test_relative_paths_are_meant_from_the_folder_of_the_file_and_the_tilde_is_home(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", "/home/ada")
    file = tmp_path / "mine.yaml"
    file.write_text("folders: [{source: in, output: ~/out}]\nledger: state/ledger.sqlite\nrestore: {weights: nets}\n")
    settings = config.load(file)
    assert settings.folders[0].source == tmp_path / "in"
    assert settings.folders[0].output == Path("/home/ada/out")
    assert settings.ledger == tmp_path / "state" / "ledger.sqlite"
    assert settings.restore.weights == tmp_path / "nets"


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("foldres: []", "foldres: is not a key that gpend knows; did you mean folders?"),
        ("triage: {sharpnes: 0.5}", "did you mean triage.sharpness_threshold?"),
        ("triage: {treshold: 0.5}", "did you mean triage.sharpness_threshold?"),
        ("sharpness_threshold: 0.5", "did you mean triage.sharpness_threshold?"),
        ("device: cpu", "did you mean restore.device?"),
        (
            "folders: [{sorce: /a, output: /b}]",
            "folders[0].sorce: is not a key that gpend knows; did you mean folders[0].source?",
        ),
        ("log: {zzzz: 1}", "log.zzzz: is not a key that gpend knows; known here are: format, level."),
        ("restore.strength: 0.5", "write it as a group: a line `restore:`, and below it, indented, `strength:`."),
        ("triage.sharpnes: 0.5", "did you mean triage.sharpness_threshold?"),
    ],
)
def test_an_unknown_key_is_refused_by_its_full_name_with_the_nearest_right_one(text: str, right: str) -> None:
    assert right in complaint(text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("settle_seconds: -1", "settle_seconds: should be greater than or equal to 0, not -1."),
        ("settle_seconds: soon", "settle_seconds: should be a valid number, not 'soon'."),
        ("settle_seconds: .inf", "settle_seconds: should be a finite number, not inf."),
        ("slots: yes", "slots: should be a number, not yes."),
        ("slots: 1.5", "slots: should be a whole number, not 1.5."),
        ("keep: no", "keep: should be 'none', 'copy', 'hardlink' or 'library', not no."),
        ("restore: {device: gpu}", "restore.device: should be auto, cpu, cuda or cuda:N, not 'gpu'."),
        ("log: {level: loud}", "log.level: should be debug, info, warning or error, not 'loud'."),
        ("folders: /photos", "folders: should be a list, each item beginning with a dash, not '/photos'."),
        ("folders: [/photos]", "folders[0]: should be a group of keys, not '/photos'."),
        ("folders: [{source: /a, output: }]", "folders[0].output: is missing."),
        ("folders: [{source: '', output: /b}]", "folders[0].source: should be a path, not an empty text."),
        (
            "folders: [{source: /a, output: /b, ignore: ['*.png', '!']}]",
            "folders[0].ignore[1]: should be a pattern as in .gitignore, not '!'.",
        ),
        ("folders: [{source: /a, output: /b, ignore: [*.png]}]", "What begins with * or ! stands in quotes"),
        ("ledger: [a]", "ledger: should be a path, not a list."),
        ("schedule: 22:00", 'schedule: should be hours in quotes, such as "22:00-07:00", not 1320.'),
        ("schedule: 22-7", "schedule: should be hours in quotes, such as \"22:00-07:00\", not '22-7'."),
        ("schedule: 7:00-7:00", "schedule: should be hours in quotes, such as \"22:00-07:00\", not '7:00-7:00'."),
        ("hooks: {on_failed: [tell, me]}", "hooks.on_failed: should be one text, in quotes, not a list."),
        (
            "folders: [{source: /a, output: /b, endings: [jpg, 'j*g']}]",
            "folders[0].endings[1]: should be what names end in, such as jpg, not 'j*g'.",
        ),
        (
            "folders: [{source: /a, output: /b, endings: ['*']}]",
            "folders[0].endings[0]: should be what names end in, such as jpg, not '*'.",
        ),
        ("triage: {}\ntriage: {}", "triage: given twice, in lines 1 and 2; remove one of them."),
    ],
)
def test_a_wrong_value_is_named_with_what_it_should_be(text: str, said: str) -> None:
    assert said in complaint(text)


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("$HOME/Photos", "no variables such as $HOME are filled in. Write the whole path, or ~ for your home folder."),
        ("/home/${USER}/Photos", "no variables such as ${USER} are filled in. Write the whole path"),
        ("C:\\Users\\Anna", "C:\\Users\\Anna is a path of Windows. Name the folder as it is called on this machine"),
        ("\\\\nas\\photos", "is a path of Windows"),
        ("smb://nas/photos", "smb://nas/photos is an address. Name the folder that it is mounted at"),
        ("“/srv/photos”", "“ is no quote that is meant here. Use \" or '."),
    ],
)
@pytest.mark.parametrize("key", ["folders: [{output: /b, source: %s}]", "ledger: %s", "restore: {weights: %s}"])
def test_a_path_as_other_programs_have_it_is_told_from_a_folder_of_that_name(key: str, path: str, said: str) -> None:
    assert said in complaint(key % f"'{path}'")


@pytest.mark.parametrize("path", ["/mnt/d/$RECYCLE.BIN", "/a/cost $5", "a:b/c", "/srv/“Best of”", "c", "/a/$/b"])
def test_folders_of_odd_names_are_taken_by_their_names(path: str) -> None:
    assert parse(f"ledger: '{path}'").ledger == Path("/etc/gpend", path)


def test_a_day_is_a_name_as_any_other() -> None:
    assert parse("folders: [{source: 2024-02-30, output: 2024-01-01}]").folders[0].source == Path(
        "/etc/gpend/2024-02-30"
    )


def test_all_problems_are_told_at_once_with_the_name_of_the_file() -> None:
    said = complaint("foldres: []\nsettle_seconds: -1\nkeep: maybe\ntriage: {minimum_score: 2}")
    assert said.startswith("The configuration gpend.yaml has 4 problems:")
    assert [line.split(":")[0].strip(" -") for line in said.splitlines()[1:]] == [
        "triage.minimum_score",
        "settle_seconds",
        "keep",
        "foldres",
    ]


def test_what_is_no_yaml_is_told_with_its_line() -> None:
    assert "line 2, column" in complaint("keep: none\nfolders: [")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("folders:\n  - source: /a\n   output: /b", "begin at the same column."),
        ("keep: none\n  settle_seconds: 10", "begin at the same column"),
        ("keep:copy\nsettle_seconds: 3", "a space follows each colon"),
        ("folders:\n  - source: /srv/a: b", "a value that holds a colon stands in quotes."),
        ("folders:\n\t- source: /a", "with spaces, not with tabs."),
        ("keep: none\nsettle_seconds 10", "A colon and a space follow each key."),
        ('schedule: "22:00-07:00\nkeep: none', "A quote is opened and not closed."),
        ("folders: [{source: /a, output: /b}\nkeep: none", "A bracket is opened and not closed."),
        ("hooks:\n  on_restored: %x", "begins with such a character stands in quotes."),
        ('ledger: "C:\\Users\\anna"', "A backslash between double quotes means more than itself"),
        ('ledger: "D:\\photos"', "A backslash between double quotes means more than itself"),
        ("settle_seconds: !!int soon", "line 1, column 17: invalid literal"),
        ("settle_seconds: !!bool maybe", "line 1, column 17"),
        ('settle_seconds: !!int ""', "line 1, column 17"),
        ('settle_seconds: !!float ""', "line 1, column 17"),
        ("slots: " + "9" * 5000, "line 1, column 8"),
        ("folders: " + "[" * 5000, "nested too deeply"),
    ],
)
def test_what_is_no_yaml_is_told_with_what_was_most_likely_meant(text: str, said: str) -> None:
    assert said in complaint(text)


def test_yaml_that_would_run_code_is_refused() -> None:
    assert "not valid YAML" in complaint("keep: !!python/object/apply:os.system ['true']")


@pytest.mark.parametrize("text", ["just words", "- a\n- b", "5"])
def test_a_file_that_holds_no_keys_is_refused(text: str) -> None:
    assert "holds no keys" in complaint(text)


def test_a_missing_file_is_told_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"There is no configuration file .*none\.yaml.*--config"):
        config.load(tmp_path / "none.yaml")


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "binary.yaml").write_bytes(b"\xff\xfe\x00k")
    with pytest.raises(ConfigurationError, match="not a text file"):
        config.load(tmp_path / "binary.yaml")


def test_the_file_is_the_one_given_else_the_one_in_the_environment_else_the_one_in_etc() -> None:
    assert in_force.locate(Path("mine.yaml"), {"GPEND_CONFIG": "/theirs.yaml"}) == Path("mine.yaml")
    assert in_force.locate(None, {"GPEND_CONFIG": "/theirs.yaml"}) == Path("/theirs.yaml")
    assert in_force.locate(None, {}) == Path("/etc/gpend/gpend.yaml")


def test_who_runs_gpend_without_root_need_not_name_their_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(in_force, "DEFAULT", tmp_path / "etc.yaml")
    own = tmp_path / ".config/gpend/gpend.yaml"
    home = {"HOME": str(tmp_path)}
    assert in_force.locate(None, home) == tmp_path / "etc.yaml"  # there is none, and the usual place is told
    own.parent.mkdir(parents=True)
    own.touch()
    assert in_force.locate(None, home) == own
    (tmp_path / "etc.yaml").touch()
    assert in_force.locate(None, home) == tmp_path / "etc.yaml"


YAML_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
NAMES = st.sampled_from(sorted(Settings.model_fields)) | st.text(max_size=10)


@given(st.dictionaries(NAMES, YAML_VALUES, max_size=4))
def test_whatever_yaml_holds_it_becomes_settings_or_a_message_for_people(content: dict[str, object]) -> None:
    with contextlib.suppress(ConfigurationError):
        assert isinstance(parse(yaml.safe_dump(content)), Settings)


def test_endings_are_told_with_or_without_their_dot_in_any_case() -> None:
    told = parse("folders: [{source: /in, output: /out, endings: [.JPG, jpg, '', Mpo, '*.PNG']}]").folders[0].endings
    assert told == ("jpg", "", "mpo", "png")


def test_by_default_the_endings_are_those_of_all_formats_that_gpend_reads() -> None:
    known = {ending for name in Format for ending in signatures.ENDINGS[name]}
    assert {f".{ending}" for ending in ENDINGS} == known


def test_names_without_an_ending_are_looked_into_by_default() -> None:
    assert parse("folders: [{source: /in, output: /out}]").folders[0].endings == (*ENDINGS, "")
