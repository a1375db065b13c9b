"""The window: YUV planes in, a stereo picture on a screen (or off it) out. All pixel work happens in shaders.

Nothing here is imported before `wheatstone play` or `doctor` needs it; the modules that touch OpenGL load it when a
surface is opened.
"""
