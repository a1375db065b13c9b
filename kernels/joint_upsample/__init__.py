"""Joint upsampling: a small disparity map to frame size along the edges of the luma plane."""

from kernels.joint_upsample.op import joint_upsample

__all__ = ["joint_upsample"]
