"""Columns of a site and who may do what there."""
