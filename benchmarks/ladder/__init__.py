"""Ways that were tried and are slower. Only the winner lives in `kernels`; README.md has the times."""
