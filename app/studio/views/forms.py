"""The form editor of a draft."""
