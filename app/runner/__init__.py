"""What runs without a person: timers, deadlines, services, signals, the outbox. Hints only save waiting."""

from app.runner.drains import NAMES, chosen
from app.runner.guard import accept
from app.runner.serving import bind, draining, ending_on_sigterm, only_server, serve, work

__all__ = ["NAMES", "accept", "bind", "chosen", "draining", "ending_on_sigterm", "only_server", "serve", "work"]
