#version 330 core
in vec2 uv;
flat in vec2 layer;
out vec2 seen;

uniform sampler2D parallax;

void main() {
    ivec2 extent = textureSize(parallax, 0);
    float p = texelFetch(parallax, min(ivec2(uv * vec2(extent)), extent - 1), 0).r;
    if ((p > layer.x) != (layer.y > 0.0)) {
        discard;
    }
    seen = uv;
}
