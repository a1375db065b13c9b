"""Forward splatting: both eyes of a picture from its parallax."""

from kernels.forward_splat.layout import SplatView
from kernels.forward_splat.op import forward_splat

__all__ = ["SplatView", "forward_splat"]
