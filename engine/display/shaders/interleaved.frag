// Rows or a checkerboard, counted from the top left of the framebuffer: the polariser is glued to the panel,
// not to the picture.
uniform bool checkerboard;
uniform int framebuffer_height;

void main() {
    int row = framebuffer_height - 1 - int(gl_FragCoord.y);
    int column = int(gl_FragCoord.x);
    int parity = checkerboard ? row + column : row;
    colour = vec4(eye((parity & 1) == 1, uv), 1.0);
}
