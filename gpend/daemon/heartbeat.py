"""What systemd hears while gpend lives: that it is ready, that it makes progress, and how far it is."""

from gpend.daemon.clock import Clock
from gpend.daemon.shift import Shift
from gpend.ledger import Ledger, State
from gpend.notify import Notifier

_BEAT = 2.0  # seconds between two words to systemd, at most


class Heartbeat:
    """Tells systemd how it goes, if it goes well."""

    def __init__(self, notifier: Notifier, ledger: Ledger, clock: Clock) -> None:
        self._notifier = notifier
        self._ledger = ledger
        self._clock = clock
        self._beat_at = 0.0  # not before this moment of the monotonic clock; 0: it is not ready yet

    def begin_again(self) -> None:
        """The configuration is read again: systemd waits to hear that gpend is ready again."""
        self._beat_at = 0.0
        self._notifier.reloading()

    def beat(self, shift: Shift, trouble: str) -> None:
        """One beat, if it is time for one. `trouble`: why nothing can be done at the moment."""
        now = self._clock.now().steady
        if now < self._beat_at or not shift.lookouts.have_begun:
            return
        if self._beat_at == 0.0:
            self._notifier.ready()
        self._beat_at = now + min(_BEAT, (self._notifier.watchdog_seconds or 2 * _BEAT) / 2)
        if shift.is_well():
            self._notifier.watchdog()
        self._notifier.status(trouble or self._how_far(shift))

    def end(self) -> None:
        """Gpend ends in order."""
        self._notifier.stopping()

    def _how_far(self, shift: Shift) -> str:
        counts = self._ledger.counts()
        waiting = counts[State.WAITING] + counts[State.WORKING] + shift.lookouts.unsettled
        return f"{waiting} to do, {counts[State.RESTORED]} restored, {counts[State.FAILED]} set aside"
