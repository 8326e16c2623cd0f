"""Move running cases to another version, seen case by case before."""
