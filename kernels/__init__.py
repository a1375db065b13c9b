"""Numeric operators by folder. Each operator has a contract (op.py), an oracle (reference.py) and a fast CPU twin (cpu.py)."""

from kernels.forward_splat import SplatView, forward_splat

__all__ = ["SplatView", "forward_splat"]
