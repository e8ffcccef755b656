"""What a person added to their own folder of networks, and what they said yes to, is remembered."""

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpend.errors import FatalError
from gpend.models import registry
from gpend.models.weights import DetectorCheckpoint, load_manifest

ONE = DetectorCheckpoint(
    name="one", architecture="retinaface-mobile0.25", file="one.pth", sha256="0" * 64, bytes=1, origin="", licence="A"
)


def test_what_is_described_is_found_again(tmp_path: Path) -> None:
    registry.describe(tmp_path / "new", ONE)
    registry.describe(tmp_path / "new", ONE)
    assert load_manifest(tmp_path / "new") == (ONE,)


def test_what_a_person_wrote_there_stays_as_it_is(tmp_path: Path) -> None:
    registry.describe(tmp_path, ONE)
    manifest = tmp_path / "MANIFEST.yaml"
    manifest.write_text("# mine\n" + manifest.read_text().rstrip("\n"))
    registry.describe(tmp_path, ONE.model_copy(update={"name": "two"}))
    assert manifest.read_text().startswith("# mine\n- name: one")
    assert [one.name for one in load_manifest(tmp_path)] == ["one", "two"]


def test_a_name_stands_for_one_network(tmp_path: Path) -> None:
    registry.describe(tmp_path, ONE)
    with pytest.raises(FatalError, match=r"another network called one.*--name"):
        registry.describe(tmp_path, ONE.model_copy(update={"file": "two.pth"}))


def test_what_many_gpends_describe_at_once_is_all_there(tmp_path: Path) -> None:
    names = [f"network-{number}" for number in range(8)]
    code = (
        "import sys; from pathlib import Path; from gpend.models import registry; "
        "from tests.models.test_registry import ONE; "
        "registry.describe(Path(sys.argv[1]), ONE.model_copy(update={'name': sys.argv[2]}))"
    )
    root = Path(__file__).parents[2]
    begun = [subprocess.Popen([sys.executable, "-c", code, str(tmp_path), name], cwd=root) for name in names]
    assert [one.wait(300) for one in begun] == [0] * len(names)
    assert sorted(one.name for one in load_manifest(tmp_path)) == sorted(names)


def test_a_yes_is_given_once_and_for_one_licence(tmp_path: Path) -> None:
    assert not registry.has_accepted(tmp_path, ONE)
    registry.accept_licence(tmp_path, ONE, "2026-11-27")
    registry.accept_licence(tmp_path, ONE, "2026-11-28")
    assert registry.has_accepted(tmp_path, ONE)
    assert not registry.has_accepted(tmp_path, ONE.model_copy(update={"licence": "B"}))
    assert (tmp_path / registry.ACCEPTED).read_text().count("day:") == 1


def test_a_spoiled_list_of_yeses_is_told(tmp_path: Path) -> None:
    (tmp_path / registry.ACCEPTED).write_text("- {name: [")
    with pytest.raises(FatalError, match="cannot be read"):
        registry.has_accepted(tmp_path, ONE)


@given(
    st.lists(st.sampled_from(["", "# a comment\n", "\n", "  # indented\n", "# - name: one\n"]), min_size=5, max_size=5),
    st.integers(0, 3),
)
def test_an_entry_goes_and_all_else_that_is_written_there_stays(
    tmp_path_factory: pytest.TempPathFactory, between: list[str], which: int
) -> None:
    folder = tmp_path_factory.mktemp("own")
    names = [f"network-{place}" for place in range(4)]
    for name in names:
        registry.describe(folder, ONE.model_copy(update={"name": name}))
    manifest = folder / "MANIFEST.yaml"
    entries = [f"- name{one}" for one in manifest.read_text().split("- name")[1:]]
    texts = [text for pair in zip(between, [*entries, ""], strict=True) for text in pair]
    manifest.write_text("".join(texts))
    registry.forget(folder, names[which])
    assert [one.name for one in load_manifest(folder)] == [name for name in names if name != names[which]]
    rest = "".join(text for place, text in enumerate(texts) if place != 2 * which + 1)
    assert manifest.read_text() == rest


def test_the_last_entry_leaves_an_empty_list(tmp_path: Path) -> None:
    registry.describe(tmp_path, ONE)
    registry.forget(tmp_path, "one")
    registry.forget(tmp_path, "one")
    assert load_manifest(tmp_path) == ()


def test_a_list_that_is_not_in_lines_is_left_as_it_is(tmp_path: Path) -> None:
    manifest = tmp_path / "MANIFEST.yaml"
    two = ONE.model_copy(update={"name": "two"})
    manifest.write_text(f"[{', '.join(one.model_dump_json(exclude_defaults=True) for one in (ONE, two))}]")
    with pytest.raises(FatalError, match=r"Remove one there"):
        registry.forget(tmp_path, "one")
    assert load_manifest(tmp_path) == (ONE, two)
