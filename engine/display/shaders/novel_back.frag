#version 330 core
in vec2 uv;
out vec4 colour;

uniform sampler2D colours;
uniform sampler2D soft;  // the same, blurred
uniform float rim;
uniform float aspect;

void main() {
    // What the camera never saw is a blurred border that fades out.
    float outside = length(abs(uv - clamp(uv, 0.0, 1.0)) / vec2(1.0, aspect));
    vec3 rgb = mix(texture(colours, uv).rgb, texture(soft, uv).rgb, smoothstep(0.0, 0.02, outside));
    colour = vec4(rgb * (1.0 - smoothstep(0.0, rim, outside)), 1.0);
}
