#version 330 core
// A vertex for every corner of the cells.
out vec2 uv;

uniform sampler2D parallax;
uniform ivec2 cells;
uniform int cell;            // pixels
uniform mat4 camera;
uniform float aspect;        // width / height of the picture
uniform vec2 eye_and_screen; // distances: between the eyes, to the screen plane

void main() {
    ivec2 size = textureSize(parallax, 0);
    ivec2 corner = ivec2(gl_VertexID % (cells.x + 1), gl_VertexID / (cells.x + 1));
    ivec2 pixel = min(corner * cell, size);
    uv = vec2(pixel) / vec2(size);
    float p = texelFetch(parallax, min(pixel, size - 1), 0).r;
    float q = max(1.0 + p / (float(size.x) * eye_and_screen.x), 0.05);
    gl_Position = camera * vec4(uv.x - 0.5, (uv.y - 0.5) / aspect, eye_and_screen.y, q);
}
