"""The brake measures without touching anything, and the set of rows that a scan met is a set."""

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from gpend.daemon.deletions import Bitset, Brake, MassChange
from gpend.dispatch import FolderPair, Nobody
from gpend.intake.source import Source
from gpend.ledger import Ledger, Span
from gpend.mirror import Mirror
from gpend.settings import BrakeSettings
from tests.world import BLURRED, World


@given(numbers=st.lists(st.integers(0, 3000)), asked=st.integers(0, 3000))
def test_a_bitset_is_a_set_of_numbers(numbers: list[int], asked: int) -> None:
    bits = Bitset()
    for number in numbers:
        bits.add(number)
    assert len(bits) == len(set(numbers))
    assert (asked in bits) == (asked in numbers)


@given(removals=st.integers(0, 500), changes=st.integers(0, 500), total=st.integers(0, 5000))
def test_few_or_a_small_part_never_wait_for_a_person(removals: int, changes: int, total: int) -> None:
    change, limits = MassChange(0, removals, changes, total, 0), BrakeSettings(photos=50, percent=10)
    affected = removals + changes
    assert change.exceeds(limits) == (affected > 50 and affected * 10 > total)


def test_to_measure_a_mass_change_changes_nothing(tmp_path: Path) -> None:
    world = World(tmp_path)
    for number in range(60):
        world.put(f"a/{number}.jpg", BLURRED + str(number).encode())
    world.put("b.jpg")
    world.once()
    for photo in (world.source / "a").iterdir():
        photo.unlink()
    world.once()
    with Ledger.open(world.settings.ledger, world.clock.now().utc) as ledger:
        (folder,) = ledger.folders()
        pair = FolderPair(folder.id, Source(world.source), Mirror(world.source, world.output))
        brake, now = Brake(pair, Nobody(), ledger, world.settings.brake), world.clock.now()
        span = Span(now.utc - 15, now.utc)
        before = [ledger.sources.row(folder.id), ledger.counts(), dict(vars(brake))]
        assert brake.measure(folder, span, now) == brake.measure(folder, span, now)
        assert brake.measure(folder, span, now).exceeds(world.settings.brake)
        assert [ledger.sources.row(folder.id), ledger.counts(), dict(vars(brake))] == before
