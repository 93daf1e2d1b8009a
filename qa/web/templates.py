"""Templates -> pages. Whatever is shown is made harmless first, then escaped."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote, urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.responses import HTMLResponse

from qa.render import clip, safe_text, web_address
from qa.web.assets import address


def _harmless(value: object) -> object:
    """Make control and bidirectional characters visible, as on a terminal; lone surrogates could not be sent."""
    return safe_text(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def query(**parameters: object) -> str:
    """Return parameters as an address has them; empty ones are left out, lists repeated."""
    kept = {name: value for name, value in parameters.items() if value}
    return urlencode(kept, doseq=True, errors="replace")


def comment_address(comment_id: str, start: int | None = None, end: int | None = None) -> str:
    """Return the address of a comment's page, with the comment in view and a part of it marked."""
    marked = f"?{urlencode({'start': start, 'end': end})}" if end is not None else ""
    return f"/comments/{quote(comment_id, safe='', errors='replace')}{marked}#cited"


def _minute(moment: datetime | None) -> str:
    return "" if moment is None else f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


_ENVIRONMENT = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    finalize=_harmless,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_ENVIRONMENT.globals.update(asset=address, query=query, comment_address=comment_address)
_ENVIRONMENT.filters.update(clip=clip, minute=_minute, web_address=web_address)


def render(template: str, values: Mapping[str, object], status: int = 200) -> HTMLResponse:
    """Return a page."""
    return HTMLResponse(_ENVIRONMENT.get_template(template).render(values), status)
