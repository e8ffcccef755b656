"""The networks in PyTorch: found and proven by SHA-256 (weights), built (arch), and put behind the core's protocols."""

import os

# Threads that wait for their turn sleep instead of spinning. A home server has other things to do: measured on two
# busy cores, spinning made a face take three times as long. OpenMP reads this once, when PyTorch is imported.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
