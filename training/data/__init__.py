"""Procedural stereo scenes with exact truth: what the shipped networks are trained on."""
