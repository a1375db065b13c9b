#version 330 core
// Which place of the eye's picture is seen here, but for torn cells. Looking it up once a pixel, in novel_colour, is much
// cheaper than here, where a pixel may belong to several small triangles.
in vec2 uv;
out vec2 seen;

uniform sampler2D parallax;
uniform sampler2D range;
uniform int cell;

void main() {
    ivec2 extent = textureSize(parallax, 0);
    if (texelFetch(range, min(ivec2(uv * vec2(extent)), extent - 1) / cell, 0).z > 0.5) {
        discard;
    }
    seen = uv;
}
