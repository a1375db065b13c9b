"""Plays ordinary video in stereo: sources, depth, stereo, layouts, sinks and the staged graph between them."""
