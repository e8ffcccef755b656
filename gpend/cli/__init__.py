"""The commands: parse, call, exit code. Modules that take long to load are imported by the commands that need them."""

from gpend.cli import bench, daemon, folders, ledger, photos, training, web, weights
from gpend.cli.group import commands

__all__ = ["bench", "commands", "daemon", "folders", "ledger", "photos", "training", "web", "weights"]
