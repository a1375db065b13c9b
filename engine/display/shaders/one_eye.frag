uniform sampler2D left_y, left_u, left_v;

void main() {
    colour = vec4(eye(left_y, left_u, left_v, uv), 1.0);
}
