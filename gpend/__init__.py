"""gpend watches photo folders, restores blurred faces and mirrors the result, losing nothing else of the photo."""

__version__ = "0.1.0"
