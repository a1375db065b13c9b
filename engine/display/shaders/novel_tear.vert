#version 330 core
// One point for every cell; the geometry shader makes surfaces of it.
flat out ivec2 place;

uniform ivec2 cells;

void main() {
    place = ivec2(gl_VertexID % cells.x, gl_VertexID / cells.x);
}
