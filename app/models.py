"""All tables in one place, for migrations and tests that create them."""

from importlib import import_module

AREAS = (
    "ledger",
    "people",
    "files",
    "outbox",
    "deadlines",
    "processes",
    "work",
    "review",
    "dispatch",
    "content",
    "emergency",
    "studio",
)


def all_models() -> None:
    """Import every area's models, so that `Base.metadata` knows all tables."""
    import_module("app.clock")
    for area in AREAS:
        import_module(f"app.{area}.models")
