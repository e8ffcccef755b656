"""Between the folders and the engine: settled photos in, outcomes mirrored and recorded, failures told apart."""

from gpend.dispatch.dispatcher import Dispatcher
from gpend.dispatch.types import FolderPair, Listener, Nobody, Now, Runtime

__all__ = ["Dispatcher", "FolderPair", "Listener", "Nobody", "Now", "Runtime"]
