uniform sampler2D left_y, left_uv;
uniform sampler2D right_y, right_uv;
uniform mat3 left_mix;
uniform mat3 right_mix;

void main() {
    vec3 left = eye(left_y, left_uv, uv);
    vec3 right = eye(right_y, right_uv, uv);
    colour = vec4(clamp(left_mix * left + right_mix * right, 0.0, 1.0), 1.0);
}
