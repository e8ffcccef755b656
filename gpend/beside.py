"""The ledger's usual place, and what lies beside it, by name."""

from pathlib import Path

LEDGER = Path("/var/lib/gpend/ledger.sqlite")
"""Where a configuration names no other."""

LEDGER_AT_HOME = "~/.local/state/gpend/ledger.sqlite"
"""Where one may lie for who is not root, as people write it."""

CLUSTER = "cluster.json"
"""How the cluster stands (gpend.cluster_state)."""
