"""The clean room: a clone in a fresh folder, an empty home, an environment from the locks, the network off."""
