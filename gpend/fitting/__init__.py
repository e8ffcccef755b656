"""How far a network helps: faces are spoiled in known ways, restored, and measured against what they were."""
