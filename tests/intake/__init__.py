"""From a source folder to settled photos."""
