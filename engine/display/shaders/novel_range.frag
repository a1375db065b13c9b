#version 330 core
// The farthest and the nearest parallax in every cell of the mesh, whether it is torn there, and if so what is nearer than
// the far side of the tear.
layout(location = 0) out vec4 range;  // (farthest, nearest, torn, unused)
layout(location = 1) out float edge;

uniform sampler2D parallax;
uniform int cell;    // pixels
uniform vec2 tear;   // what is no surface any more: (steps between neighbours, differences within a cell), pixels

void main() {
    ivec2 last = textureSize(parallax, 0) - 1;
    ivec2 corner = ivec2(gl_FragCoord.xy) * cell;
    range = vec4(texelFetch(parallax, corner, 0).r);
    float steepest = 0.0;
    // The corners to the right and below are the first pixels of other cells. Once along rows and once along columns.
    for (int turn = 0; turn < 2; ++turn) {
        for (int j = 0; j <= cell; ++j) {
            float before = 0.0;
            for (int i = 0; i <= cell; ++i) {
                float p = texelFetch(parallax, min(corner + (turn == 0 ? ivec2(i, j) : ivec2(j, i)), last), 0).r;
                range.xy = vec2(min(range.x, p), max(range.y, p));
                steepest = i == 0 ? steepest : max(steepest, abs(p - before));
                before = p;
            }
        }
    }
    bool torn = steepest > tear.x || range.y - range.x > tear.y;
    range.zw = vec2(torn ? 1.0 : 0.0, 0.0);
    edge = torn ? 0.5 * (range.x + range.y) : 1e9;
}
