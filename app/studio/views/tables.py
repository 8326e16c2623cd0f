"""The decision-table editor of a draft."""
