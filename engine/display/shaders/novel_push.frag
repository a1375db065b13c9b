#version 330 core
// One level up: means of what is known among four, weighted; one known texel is enough to know the next level.
layout(location = 0) out vec4 colour;
layout(location = 1) out float parallax;

uniform sampler2D colours;
uniform sampler2D values;

void main() {
    ivec2 last = textureSize(colours, 0) - 1;
    ivec2 corner = 2 * ivec2(gl_FragCoord.xy);
    colour = vec4(0.0);
    parallax = 0.0;
    for (int i = 0; i < 4; ++i) {
        ivec2 at = min(corner + ivec2(i & 1, i >> 1), last);
        colour += texelFetch(colours, at, 0);
        parallax += texelFetch(values, at, 0).r;
    }
    float excess = max(colour.a, 1.0);
    colour /= excess;
    parallax /= excess;
}
