"""Headers of every answer: what a page may load, who may frame it, and that nobody keeps a copy."""

from __future__ import annotations

from flask import Flask, Response

CONTENT_POLICY = {
    "default-src": "'self'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "font-src": "'self'",
    "connect-src": "'self'",
    "object-src": "'none'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
    "form-action": "'self'",
}
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
}
HALF_A_YEAR = 180 * 24 * 3600


def content_policy() -> str:
    """Write the content policy. Nothing inline, not even on pages with a diagram: bpmn-js sets styles by script."""
    return "; ".join(f"{name} {value}" for name, value in CONTENT_POLICY.items())


def install(app: Flask) -> None:
    """Add the headers to every answer; a view may set its own Cache-Control."""
    https = bool(app.config.get("SESSION_COOKIE_SECURE"))

    @app.after_request
    def _headers(response: Response) -> Response:
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        response.headers.setdefault("Content-Security-Policy", content_policy())
        response.headers.setdefault("Cache-Control", "no-store")
        if https:
            response.headers.setdefault("Strict-Transport-Security", f"max-age={HALF_A_YEAR}")
        return response
