#version 330 core
in vec2 uv;
out vec4 colour;

uniform sampler2D depth;
uniform float far_value;
uniform float span;

void main() {
    colour = vec4(vec3(clamp((texture(depth, uv).r - far_value) / span, 0.0, 1.0)), 1.0);
}
