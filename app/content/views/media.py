"""The media library of a site."""
