"""The ledger's usual place, and what lies beside it, by name."""

from pathlib import Path

LEDGER = Path("/var/lib/gpend/ledger.sqlite")
"""Where a configuration names no other."""

CLUSTER = "cluster.json"
"""How the cluster stands (gpend.cluster_state)."""
