"""The page on which a draft is drawn, and what its scripts ask for."""
