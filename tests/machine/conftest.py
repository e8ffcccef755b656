"""How lives of state machines are tried: quietly, as many as are asked for, and the same in every run."""

import logging
import os
from collections.abc import Iterator
from typing import Protocol

import pytest
import structlog
from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test

RUNS = int(os.environ.get("GPEND_MACHINE_RUNS", "500"))
SEED_IS_FREE = bool(os.environ.get("GPEND_MACHINE_RANDOM"))


class Try(Protocol):
    """As `try_lives` says."""

    def __call__(self, life: type[RuleBasedStateMachine], *, share: int, steps: int) -> None:
        """Try lives of a kind."""
        ...


@pytest.fixture
def try_lives() -> Iterator[Try]:
    """Tries lives of a kind, of so many `steps` each: as many as are asked for, divided by `share`.

    Nothing is logged: a run says thousands of lines.
    """
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    yield _try_lives
    structlog.reset_defaults()


def _try_lives(life: type[RuleBasedStateMachine], *, share: int, steps: int) -> None:
    run_state_machine_as_test(
        life,
        settings=settings(
            max_examples=max(1, RUNS // share),
            stateful_step_count=steps,
            derandomize=not SEED_IS_FREE,
            database=None,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            print_blob=True,
        ),
    )
