"""How a .cu file becomes launched kernels: compiler, disk cache, device arrays, launches. Importing does nothing."""
