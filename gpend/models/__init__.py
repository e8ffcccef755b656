"""The networks in PyTorch: found and proven by SHA-256 (weights), built (arch), and put behind the core's protocols."""
