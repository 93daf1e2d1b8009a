"""Keep an index as it should be: forget for good, verify that all agrees, repair what does not."""

from qa.upkeep.forgetting import forget, take_in_again
from qa.upkeep.repairing import repair
from qa.upkeep.verifying import verify

__all__ = ["forget", "repair", "take_in_again", "verify"]
