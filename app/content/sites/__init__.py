"""The pages of a site: drawn from the database as pure values, written to a folder, packed for another network."""
