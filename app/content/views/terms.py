"""Word lists and the list of leaders."""
