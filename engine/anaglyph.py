"""What coloured glasses need: each kind is one 3x6 matrix on gamma-encoded R'G'B' of both eyes.

Rows are R', G', B' of the result; columns R', G', B' of the left eye, then of the right one. The "dubois" ones are the
least-squares mixes of E. Dubois, "A projection method to generate anaglyph stereo images" (ICASSP 2001). They were
derived for linear light; players and converters apply them to gamma-encoded values, and so do we: pictures match what
people know.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

ANAGLYPH_MIXES: Mapping[str, tuple[tuple[float, ...], ...]] = MappingProxyType(
    {
        "dubois": (
            (0.456, 0.500, 0.176, -0.043, -0.088, -0.002),
            (-0.040, -0.038, -0.016, 0.378, 0.734, -0.018),
            (-0.015, -0.021, -0.005, -0.072, -0.113, 1.226),
        ),
        "red-cyan": ((1, 0, 0, 0, 0, 0), (0, 0, 0, 0, 1, 0), (0, 0, 0, 0, 0, 1)),
        "green-magenta": ((0, 0, 0, 1, 0, 0), (0, 1, 0, 0, 0, 0), (0, 0, 0, 0, 0, 1)),
        "amber-blue": ((1, 0, 0, 0, 0, 0), (0, 1, 0, 0, 0, 0), (0, 0, 0, 0, 0, 1)),
        "dubois-green-magenta": (
            (-0.062, -0.158, -0.039, 0.529, 0.705, 0.024),
            (0.284, 0.668, 0.143, -0.016, -0.015, -0.065),
            (-0.015, -0.027, 0.021, 0.009, 0.075, 0.937),
        ),
        "dubois-amber-blue": (
            (1.062, -0.205, 0.299, -0.016, -0.123, -0.017),
            (-0.026, 0.908, 0.068, 0.006, 0.062, -0.017),
            (-0.038, -0.173, 0.022, 0.094, 0.185, 0.911),
        ),
    }
)
