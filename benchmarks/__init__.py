"""What `wheatstone bench` measures. Same names as the things they measure."""
