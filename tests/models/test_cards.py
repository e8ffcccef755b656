"""A graphics card is looked for where drivers show it."""

from pathlib import Path

import pytest

from gpend.models import cards


@pytest.mark.parametrize(
    ("nodes", "is_there"),
    [((), False), (("nvidiactl", "nvidia-uvm"), False), (("nvidia0", "nvidiactl"), True), (("dxg",), True)],
)
def test_a_card_is_there_where_its_driver_shows_it(tmp_path: Path, nodes: tuple[str, ...], *, is_there: bool) -> None:
    for node in nodes:
        (tmp_path / node).touch()
    assert cards.seem_there(tmp_path) == is_there
    assert cards.may_serve("auto", tmp_path) == is_there
    assert not cards.may_serve("cpu", tmp_path)
    assert cards.may_serve("cuda:1", tmp_path)
