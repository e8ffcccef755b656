"""What should be there: the photos as they were put, and what that asks of the output tree, simply (pure)."""

from collections import Counter
from dataclasses import dataclass, field

from tests.machine import pictures


@dataclass
class Expectation:
    """Follows what happens to the photos by their names below the source."""

    photos: dict[str, bytes] = field(default_factory=dict)  # what stands in the source
    own: dict[str, bytes] = field(default_factory=dict)  # files of the user's own in the output tree
    earlier: dict[str, set[bytes]] = field(default_factory=dict)  # what has ever stood under a name
    gone: dict[str, bytes] = field(default_factory=dict)  # what stood last under names that are free
    kept_safe: set[bytes] = field(default_factory=set)  # photos deleted whose outputs are in the trash
    owned: set[bytes] = field(default_factory=set)  # photos that were restored, and still were when all was at rest
    allowed: Counter[bytes] = field(default_factory=Counter)  # how often the engine may restore each photo

    def put(self, name: str, photo: bytes, standing: bytes | None) -> None:
        """A photo takes a name, whose output has the bytes `standing` at the moment."""
        for before in self.earlier.get(name, set()) - {photo}:
            if self.gone.get(name) == before:
                self.allowed[before] += 1  # the ledger remembers its output by its name
            if standing is not None and pictures.is_restorable(before) and standing == pictures.restored(before):
                self.allowed[before] += 1  # its output gives way
                self.kept_safe.discard(before)
            if self.photos.get(name) == before and not pictures.is_restorable(before):
                self.allowed[before] += 1  # what was found about it is on record with its name
        self.gone.pop(name, None)
        self.photos[name] = photo
        self.earlier.setdefault(name, set()).add(photo)

    def take(self, name: str) -> bytes:
        """A photo leaves its name."""
        photo = self.photos.pop(name)
        self.gone[name] = photo
        return photo

    def delete(self, name: str, standing: bytes | None) -> None:
        """A photo is deleted whose output has the bytes `standing`."""
        photo = self.take(name)
        if standing is not None and pictures.is_restorable(photo) and standing == pictures.restored(photo):
            self.kept_safe.add(photo)

    def disturb(self, photo: bytes | None) -> None:
        """Something happened for which a photo may have to be restored once more."""
        if photo is not None:
            self.allowed[photo] += 1

    def outputs(self, name: str) -> set[bytes | None]:
        """What may stand in the output tree under a name when all is at rest; None: nothing."""
        if name in self.own:
            return {self.own[name]}
        photo = self.photos.get(name)
        if photo is None:
            return {None}
        if not pictures.is_usable(photo):  # what was written for it earlier stays
            earlier = self.earlier[name]
            return {None} | {pictures.restored(before) for before in earlier if pictures.is_restorable(before)}
        return {pictures.restored(photo) if pictures.is_restorable(photo) else None}

    def trash_expires(self) -> None:
        """From now on the trash may be emptied."""
        self.owned -= self.kept_safe
        self.kept_safe.clear()

    def come_to_rest(self, made: Counter[bytes]) -> None:
        """All is as it should be: what has been restored need not be restored again."""
        live = {photo for name, photo in self.photos.items() if name not in self.own and pictures.is_restorable(photo)}
        self.owned = live | self.kept_safe
        self.allowed = Counter({photo: made[photo] for photo in made})
