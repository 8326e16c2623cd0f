"""What people and processes do in emergencies, each inside the caller's transaction."""
