"""Bring diagrams in and take them out: import, repairs to accept, bundles, copies."""
