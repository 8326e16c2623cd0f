"""The table of steps (环节表) on paper."""
