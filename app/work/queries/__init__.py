"""What pages of work read. Every function takes the viewer; nothing is fetched outside the viewer's scope."""
