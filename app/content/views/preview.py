"""A site as it would be or is published, shown from here."""
