"""What the pages of work show, as plain values built from rows: no session, no request."""
