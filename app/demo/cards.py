"""The cards of the sign-in page."""

def demo_cards(): return ()
