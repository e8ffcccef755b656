"""Every module in which something is decided has a test that asks for it."""

from pathlib import Path

from tests.modules import untested

NEIGHBOURS = {
    "gpend.cli.cluster": "cli",
    "gpend.cli.decide": "cli",
    "gpend.cli.drawn": "cli",
    "gpend.core.wished": "daemon/test_decisions.py",
    "gpend.dispatch.decided": "daemon/test_decisions.py",
    "gpend.engine.headers": "engine/test_frames.py",
    "gpend.gallery": "web/test_pictures.py",
    "gpend.mirror.links": "daemon/test_library.py",
    "gpend.models.arch.modulated": "models/arch/test_generator.py",
    "gpend.models.install": "cli/test_weights.py",
    "gpend.models.verification": "cli/test_weights.py",
    "gpend.training.command": "cli/test_training.py",
    "gpend.web.actions": "web/test_app.py",
    "gpend.web.dashboard": "web/test_live.py",
    "gpend.web.entrance": "web/test_security.py",
    "gpend.web.guard": "web/test_security.py",
    "gpend.web.pages": "web/test_app.py",
    "gpend.web.views": "web/test_app.py",
}
"""Modules that are asked for through what they serve: a command, a page."""


def test_every_module_with_decisions_has_its_test() -> None:
    assert [each for each in untested() if each not in NEIGHBOURS] == []


def test_the_neighbours_are_there() -> None:
    assert all((Path(__file__).parent / place).exists() for place in NEIGHBOURS.values())
