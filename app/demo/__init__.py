"""The demo: an invented city whose sixty days of work are played with the real operations."""

from app.demo.cards import demo_cards
from app.demo.loading import load_demo

__all__ = ["demo_cards", "load_demo"]
