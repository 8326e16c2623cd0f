"""What owners do in the studio."""
