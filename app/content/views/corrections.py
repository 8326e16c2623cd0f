"""The trace of a fault to its version and to everybody who passed it."""
