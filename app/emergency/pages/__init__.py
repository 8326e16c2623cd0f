"""What pages of emergencies show, read from rows."""
