#version 330 core
in vec2 at;
in vec4 ink;
out vec4 colour;
uniform sampler2D atlas;

void main() {
    colour = vec4(ink.rgb, ink.a * texture(atlas, at).r);
}
