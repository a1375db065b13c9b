// Rows or a checkerboard, counted from the top left of the framebuffer: the polariser is glued to the panel,
// not to the picture.
uniform sampler2D left_y, left_uv;
uniform sampler2D right_y, right_uv;
uniform bool checkerboard;
uniform int framebuffer_height;

void main() {
    int row = framebuffer_height - 1 - int(gl_FragCoord.y);
    int parity = checkerboard ? row + int(gl_FragCoord.x) : row;
    vec3 left = eye(left_y, left_uv, uv);
    vec3 right = eye(right_y, right_uv, uv);
    colour = vec4((parity & 1) == 0 ? left : right, 1.0);
}
