"""A server for the crash tests: the product on a prepared database, killed without warning by the test."""

from __future__ import annotations

import sys

from app import create_app, runtime_of
from app.config import load_settings
from app.runner import serve
from tests.crash.boundaries import add_topic


def main() -> None:
    """Serve the data folder given first on the port given second."""
    app = create_app(load_settings(data=sys.argv[1]))
    app.config["WTF_CSRF_ENABLED"] = False
    add_topic(runtime_of(app))
    serve(app, "127.0.0.1", int(sys.argv[2]), say=print)


if __name__ == "__main__":
    main()
