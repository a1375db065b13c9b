#version 330 core
// The farthest edge around every cell, by one step of a sparse 3x3 minimum: strides 1, 3 and 9 in turn reach 13 cells.
out float edge;

uniform sampler2D values;
uniform int stride;

void main() {
    ivec2 last = textureSize(values, 0) - 1;
    ivec2 here = ivec2(gl_FragCoord.xy);
    edge = texelFetch(values, here, 0).r;
    for (int j = -1; j <= 1; ++j) {
        for (int i = -1; i <= 1; ++i) {
            edge = min(edge, texelFetch(values, clamp(here + stride * ivec2(i, j), ivec2(0), last), 0).r);
        }
    }
}
