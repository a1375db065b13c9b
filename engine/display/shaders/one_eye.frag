uniform sampler2D left_y, left_uv;

void main() {
    colour = vec4(eye(left_y, left_uv, uv), 1.0);
}
