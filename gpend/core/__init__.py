"""The purpose of gpend without its surroundings: photo bytes in, restored bytes and a report out."""
