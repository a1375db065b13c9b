uniform mat3 left_mix;
uniform mat3 right_mix;

void main() {
    colour = vec4(clamp(left_mix * eye(false, uv) + right_mix * eye(true, uv), 0.0, 1.0), 1.0);
}
