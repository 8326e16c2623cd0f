"""What pages of emergencies read."""
