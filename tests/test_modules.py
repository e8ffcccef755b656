"""Every module in which something is decided has a test that asks for it."""

from tests.modules import untested


def test_every_module_with_decisions_has_its_test() -> None:
    assert untested() == []
