"""What the brake held under the first schema of the ledger is counted anew, and asked for once."""

import sqlite3
from pathlib import Path

from gpend.dispatch import Now
from gpend.ledger import Ledger, Request
from gpend.ledger.migrating import read
from tests.world import BLURRED, World

MANY = 80


def put_many(world: World, text: bytes = b"") -> None:
    for number in range(MANY):
        world.put(f"{number}.jpg", BLURRED + str(number).encode() + text)


def test_one_word_lets_what_the_first_schema_held_go(tmp_path: Path) -> None:
    world = World(tmp_path)
    for text in (b"", b", edited"):
        put_many(world, text)
        world.once()
    (held,) = [line for line in read("migrations/0002.sql").splitlines() if line.startswith("UPDATE photo")]
    connection = sqlite3.connect(world.settings.ledger)
    with connection:
        connection.execute("UPDATE photo SET counted = NULL")  # as the first schema has it
        connection.execute(held)
    connection.close()
    world.clock.pass_by(60)
    world.once()
    assert world.engine.given.total() == MANY
    asked = world.clock.now

    def ticking() -> Now:
        world.clock.pass_by(0.05)
        return asked()

    world.clock.now = ticking  # type: ignore[method-assign]
    Ledger.request(world.settings.ledger, Request.CONFIRM)
    world.once()
    with Ledger.read_only(world.settings.ledger) as records:
        assert records.folders()[0].brake is None
    assert world.engine.given.total() == 2 * MANY
