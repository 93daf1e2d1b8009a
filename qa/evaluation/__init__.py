"""How good the answers are: questions with known answers -> rankings -> measures, modes beside each other.

A question comes from a BEIR folder, from a file of questions, or from the collection itself (silver).
"""

from qa.evaluation.run import evaluate

__all__ = ["evaluate"]
