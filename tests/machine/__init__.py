"""A state machine: the daemon's real parts in compressed time, against everything that may happen to photos."""
