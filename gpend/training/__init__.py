"""How the shipped networks are made: optional (`gpend[train]`), and never imported by what watches photos."""
