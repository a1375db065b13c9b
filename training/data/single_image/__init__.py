"""Infill data from single pictures: to the other eye and back, so that the picture itself is the truth behind holes."""
