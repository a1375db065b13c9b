#version 330 core
// The background layer: a mesh without tears, with a rim of stretched border around the picture.
out vec2 uv;

uniform sampler2D values;
uniform ivec2 knots;         // vertices across and down, the rim included
uniform float rim;           // widths of the picture
uniform float columns;       // of the parallax map
uniform mat4 camera;
uniform float aspect;
uniform vec2 eye_and_screen;

void main() {
    ivec2 knot = ivec2(gl_VertexID % knots.x, gl_VertexID / knots.x);
    uv = vec2(knot - 1) / vec2(knots - 3);
    vec2 inside = clamp(uv, 0.0, 1.0);
    uv = inside + sign(uv - inside) * rim * vec2(1.0, aspect);
    float q = max(1.0 + textureLod(values, inside, 0.0).r / (columns * eye_and_screen.x), 0.05);
    gl_Position = camera * vec4(uv.x - 0.5, (uv.y - 0.5) / aspect, eye_and_screen.y, q);
}
