"""How sure an answer is, as a figure that means the same in every collection."""

from qa.confidence.calibration import Calibration, calibrate, needs_calibration
from qa.confidence.evidence import BAR, Evidence, confidence, covered

__all__ = ["BAR", "Calibration", "Evidence", "calibrate", "confidence", "covered", "needs_calibration"]
