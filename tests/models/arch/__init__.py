"""The layers of GPEN, tested."""
