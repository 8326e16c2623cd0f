"""What the properties panel asks the server: choices, who it would be today, names known at a point."""
