#version 330 core
// The farthest and the nearest parallax in every cell of the mesh; and what is nearer than the far side of its tear.
layout(location = 0) out vec2 range;
layout(location = 1) out float edge;

uniform sampler2D parallax;
uniform int cell;    // pixels
uniform float tear;

void main() {
    ivec2 last = textureSize(parallax, 0) - 1;
    ivec2 corner = ivec2(gl_FragCoord.xy) * cell;
    // The corners to the right and below are the first pixels of other cells.
    range = vec2(texelFetch(parallax, corner, 0).r);
    for (int j = 0; j <= cell; ++j) {
        for (int i = 0; i <= cell; ++i) {
            float p = texelFetch(parallax, min(corner + ivec2(i, j), last), 0).r;
            range = vec2(min(range.x, p), max(range.y, p));
        }
    }
    edge = range.y - range.x > tear ? 0.5 * (range.x + range.y) : 1e9;
}
