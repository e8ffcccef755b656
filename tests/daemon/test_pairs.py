"""The pairs of folders of a daemon, and what is remembered of their outputs."""

from pathlib import Path

import pytest

from gpend.daemon.pairs import folder_pairs
from gpend.ledger import Ledger
from gpend.settings import FolderSettings, Names
from tests.world import World


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path, knobs={"minimum_free_mb": 7})


def test_a_pair_is_as_the_settings_say_and_its_output_is_marked_once(world: World) -> None:
    with Ledger.open(world.settings.ledger, 1) as ledger:
        (pair,) = folder_pairs(world.settings, ledger, 1)
        (again,) = folder_pairs(world.settings, ledger, 2)
        assert (pair.root, pair.mirror.output, pair.minimum_free) == (world.source, world.output, 7 << 20)
        assert pair.identity == again.identity == ledger.folders()[0].output_identity
        assert pair.previous is None


def test_an_output_that_was_switched_is_remembered_while_it_is_there(world: World, tmp_path: Path) -> None:
    new = [FolderSettings(source=world.source, output=tmp_path / "new")]
    (tmp_path / "new").mkdir()
    world.put("a.jpg")
    world.once()  # what stands in the old output counts
    with Ledger.open(world.settings.ledger, 1) as ledger:
        world.knobs["folders"] = new
        (pair,) = folder_pairs(world.settings, ledger, 2)
        assert pair.previous is not None
        assert pair.previous.output == world.output
        world.output.rename(tmp_path / "away")
        assert folder_pairs(world.settings, ledger, 3)[0].previous is None


def test_names_are_given_as_the_settings_say(world: World) -> None:
    world.knobs["names"] = Names.PORTABLE
    with Ledger.open(world.settings.ledger, 1) as ledger:
        (pair,) = folder_pairs(world.settings, ledger, 1)
        assert pair.mirror.candidates(Path("12:30.jpg"), "")[0] == Path("12_30.jpg")
