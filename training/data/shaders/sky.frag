#version 330 core
in vec2 v_screen;
uniform mat3 axes;
uniform vec2 tangent;
uniform vec3 zenith;
uniform vec3 horizon;
uniform vec3 sun;
uniform vec3 sun_power;
uniform float clouds;
uniform float photo;
uniform float stain_layer;
uniform sampler2DArray tiles;
uniform sampler2DArray photos;
uniform sampler2D front;
uniform float peel;

uniform vec3 lens;            // 2 / width, 2 / height, vignette

layout(location = 0) out vec4 out_colour;
layout(location = 1) out float out_inverse;

void main() {
    if (peel >= 0.0 && texelFetch(front, ivec2(gl_FragCoord.xy), 0).r <= 0.0) discard;
    vec3 ray = normalize(axes * vec3(v_screen * tangent, -1.0));
    float up = clamp(ray.y * 1.6, 0.0, 1.0);
    vec3 colour = mix(horizon, zenith, sqrt(up));
    if (photo >= 0.0) {
        vec2 uv = vec2(atan(ray.x, -ray.z) * 0.45 + 0.5, clamp(0.45 + ray.y * 0.8, 0.02, 0.98));
        vec3 texel = textureLod(photos, vec3(uv, photo), 0.0).rgb;
        colour = texel * texel * 1.6;
    } else if (clouds > 0.0 && ray.y > 0.0) {
        vec2 plane = ray.xz / (ray.y + 0.15) * 0.22;
        float cover = textureLod(tiles, vec3(plane, stain_layer), 0.0).r;
        colour = mix(colour, vec3(1.6), clouds * smoothstep(0.45, 0.8, cover) * smoothstep(0.0, 0.2, ray.y));
    }
    colour += sun_power * 2.0 * pow(max(dot(ray, sun), 0.0), 400.0);
    vec2 across = gl_FragCoord.xy * lens.xy - 1.0;
    out_colour = vec4(sqrt(clamp(colour * 0.5, 0.0, 1.0)) * (1.0 - lens.z * dot(across, across)), 1.0);
    out_inverse = 0.0;
}
