"""Between the folders and the engine: settled photos in, outcomes mirrored and recorded, failures told apart."""

from gpend.dispatch.dispatcher import Dispatcher, Equipment
from gpend.dispatch.moment import Moment
from gpend.dispatch.pair import Pair
from gpend.dispatch.recipe import recipe_of
from gpend.dispatch.unrecorded import Unrecorded
from gpend.dispatch.weather import Listener, Nobody

__all__ = ["Dispatcher", "Equipment", "Listener", "Moment", "Nobody", "Pair", "Unrecorded", "recipe_of"]
