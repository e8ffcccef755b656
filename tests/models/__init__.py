"""The networks, tested."""
