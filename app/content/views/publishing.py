"""How a site is published: mode, templates, packages, publication by hand, taking down."""
