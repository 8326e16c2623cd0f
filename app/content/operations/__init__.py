"""Use cases of content; none of them commits."""
