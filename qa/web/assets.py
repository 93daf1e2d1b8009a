"""Styles and scripts, read once: what a request names is looked up among them and never opened."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from starlette.responses import Response

_TYPES = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}
_FOREVER = "public, max-age=31536000, immutable"


@dataclass(frozen=True, slots=True)
class Asset:
    """A file that pages use. version changes with its content."""

    content: bytes
    media_type: str
    version: str


@cache
def _assets() -> dict[str, Asset]:
    """Return our own files, and those of Swagger UI, which is what /docs shows."""
    own = [entry for entry in (files("qa.web") / "static").iterdir() if entry.name.endswith(tuple(_TYPES))]
    swagger = [files("fastapi_offline") / "static" / name for name in ("swagger-ui.css", "swagger-ui-bundle.js")]
    found = {}
    for entry in (*own, *swagger):
        content = entry.read_bytes()
        version = hashlib.sha256(content).hexdigest()[:12]
        found[entry.name] = Asset(content, _TYPES[entry.name.rpartition(".")[2]], version)
    return found


def address(name: str) -> str:
    """Return where a file is served; the address changes with the content, so that no old one is kept."""
    return f"/static/{name}?v={_assets()[name].version}"


def asset(name: str) -> Response | None:
    """Return a file, if there is one of that name."""
    found = _assets().get(name)
    if found is None:
        return None
    return Response(found.content, headers={"Cache-Control": _FOREVER}, media_type=found.media_type)
