"""What the prepared table holds: the stage beside prepare that nothing else reads."""
