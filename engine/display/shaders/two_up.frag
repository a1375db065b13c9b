// Side by side and over-under: the left eye is on the left, or on top.
uniform bool vertical;

void main() {
    vec2 where = vertical ? vec2(uv.x, uv.y * 2.0) : vec2(uv.x * 2.0, uv.y);
    bool second = (vertical ? where.y : where.x) >= 1.0;
    if (second) where -= vertical ? vec2(0.0, 1.0) : vec2(1.0, 0.0);
    colour = vec4(eye(second, where), 1.0);
}
