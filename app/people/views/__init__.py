"""Pages of the house; importing this package gives `bp` all its routes."""

from app.people.views import account, contracts, house, people, signing, tokens
from app.people.views.blueprint import bp

__all__ = ["account", "bp", "contracts", "house", "people", "signing", "tokens"]
