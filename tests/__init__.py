"""What gpend does, as sentences that are run."""
