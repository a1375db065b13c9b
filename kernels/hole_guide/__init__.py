"""The eight-channel picture that the infill network looks at."""

from kernels.hole_guide.op import hole_guide

__all__ = ["hole_guide"]
