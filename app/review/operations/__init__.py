"""Use cases of review; none of them commits."""
