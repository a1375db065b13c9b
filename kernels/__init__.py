"""Numeric operators by folder: a contract (op.py), an oracle (reference.py) and two twins (cpu.py, cuda.py) each."""

from kernels.forward_splat import SplatView, forward_splat
from kernels.hole_guide import hole_guide
from kernels.joint_upsample import joint_upsample
from kernels.point_splat import Pinhole, PointView, point_splat

__all__ = ["Pinhole", "PointView", "SplatView", "forward_splat", "hole_guide", "joint_upsample", "point_splat"]
