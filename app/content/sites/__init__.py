"""Static sites: pages drawn from published articles, written atomically, only what changed."""
