"""The editor of an article: write, keep, check, hand in."""
