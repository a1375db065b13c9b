uniform bool second;

void main() {
    colour = vec4(eye(second, uv), 1.0);
}
