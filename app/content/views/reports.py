"""Error reports: from readers of a published page, from staff."""
