"""The ledger (留痕): append-only records in hash chains, one chain per case and one for the house.

A chain shows that nothing inside it was changed, removed or reordered. Without an outside anchor it cannot show
that the newest records were not cut off or that the whole chain was not written anew.
"""

from app.ledger.operations import append
from app.ledger.rules import Actor, Entry, Receipt
from app.ledger.verify import verify

__all__ = ["Actor", "Entry", "Receipt", "append", "verify"]
