"""The recipe of an outcome: network, settings and version, so that a change of one of them can be noticed."""

import hashlib

from gpend import __version__
from gpend.ledger import Recipe
from gpend.settings import CoreSettings


def recipe_of(settings: CoreSettings) -> Recipe:
    """What outcomes depend on under these settings. On which device they are computed makes no difference."""
    core = {name: getattr(settings, name) for name in CoreSettings.model_fields}
    where = {"restore": {"device", "weights"}}
    digest = hashlib.sha256(CoreSettings(**core).model_dump_json(exclude=where).encode()).hexdigest()
    return Recipe(settings.restore.model, digest[:16], __version__)
