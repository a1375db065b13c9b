"""Point splatting: a picture with depth seen by another camera, moved and turned as one likes."""

from kernels.point_splat.camera import Pinhole, PointView
from kernels.point_splat.op import point_splat

__all__ = ["Pinhole", "PointView", "point_splat"]
