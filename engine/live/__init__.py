"""Playing a stream as it happens: the clock, the line of stages that drops rather than waits, the loop around a window.

This is the live counterpart of `engine.assemble`; it knows the rooms, and they do not know it.
"""
