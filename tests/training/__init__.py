"""How the networks are made."""
