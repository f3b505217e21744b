"""`switchroom tour`: the real window driven through the main job, each step asserted and pictured."""

from desktop.tour.command import main

__all__ = ["main"]
