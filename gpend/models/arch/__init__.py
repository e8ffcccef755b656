"""Layer definitions of GPEN, key for key with the published checkpoints."""
