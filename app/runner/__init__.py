"""What runs without a person: timers, deadlines, the outbox. Drains of leased rows; hints only save waiting."""

from app.runner.serving import background_of, bind, ending_on_sigterm, only_server, serve

__all__ = ["background_of", "bind", "ending_on_sigterm", "only_server", "serve"]
