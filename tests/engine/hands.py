"""A worker whose every word a test speaks."""

from gpend.engine.protocol import Photo, ToWorker


class Hand:
    """A RunningWorker that only listens."""

    exit_report = "it was ended by SIGSEGV"

    def __init__(self) -> None:
        self.told: list[ToWorker] = []
        self.ended = False

    def send(self, message: ToWorker) -> None:
        """As in RunningWorker."""
        self.told.append(message)

    def kill(self) -> None:
        """As in RunningWorker."""
        self.ended = True

    @property
    def photos(self) -> list[int]:
        """The numbers of the photos that it was given."""
        return [message.number for message in self.told if isinstance(message, Photo)]
