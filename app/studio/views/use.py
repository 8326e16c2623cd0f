"""How a version is used: overlay of flows and times, replay of one case."""
