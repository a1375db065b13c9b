"""Networks: monocular depth and the gated infill U-Net."""
