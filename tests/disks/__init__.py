"""Disks of other systems, really mounted: what ignores case, makes inodes up, or refuses names."""
