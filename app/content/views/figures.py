"""Figures: workload, returns, reading speed, faults, freshness of columns."""
