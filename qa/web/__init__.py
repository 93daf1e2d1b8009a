"""The web door: a page to ask on and a JSON API. Needs the extra `web`."""
