"""Bring an index up to its sources: which files changed, what in them differs, what that costs."""

from qa.updating.run import Request, bring_up_to_date

__all__ = ["Request", "bring_up_to_date"]
