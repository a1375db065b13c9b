#version 330 core
// Position in framebuffer pixels from the top left, atlas position in texels.
in vec2 position;
in vec2 texel;
in vec4 tint;
out vec2 at;
out vec4 ink;
uniform vec2 framebuffer_size;
uniform vec2 atlas_size;

void main() {
    at = texel / atlas_size;
    ink = tint;
    gl_Position = vec4(position.x / framebuffer_size.x * 2.0 - 1.0, 1.0 - position.y / framebuffer_size.y * 2.0, 0.0, 1.0);
}
