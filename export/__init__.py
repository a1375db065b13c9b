"""Turns trained PyTorch networks into artifacts that the engine can load, and proves that they agree."""
