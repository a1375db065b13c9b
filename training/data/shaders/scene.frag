#version 330 core
// Compiled twice: with CUT_OUT it may discard, without it the driver can reject hidden fragments early.
in vec3 v_world;
in vec3 v_normal;
in vec2 v_uv;
in vec3 v_colour;
flat in vec4 m_tint;    // tint, contrast
flat in vec4 m_kind;    // kind, layer, repeats
flat in vec4 m_shine;   // offset, specular, gloss
flat in vec4 m_more;    // emission, stain, cutout, turned

uniform sampler2DArray tiles;
uniform sampler2DArray photos;
uniform sampler2DShadow shadow_map;
uniform sampler2D front;      // inverse depth of the first layer, for peeling
uniform mat4 shadow_matrix;
uniform vec3 eye;
uniform vec3 sun;
uniform vec3 sun_power;
uniform vec3 sky_light;
uniform vec3 ground_light;
uniform vec3 room;
uniform vec4 fog;             // colour, density
uniform float shadow_strength;
uniform float peel;           // share by which a fragment must be farther than the first layer; negative: no peeling
uniform float stain_layer;
uniform vec3 lamp_position[4];
uniform vec3 lamp_power[4];
uniform int lamps;

uniform vec3 lens;            // 2 / width, 2 / height, vignette

layout(location = 0) out vec4 out_colour;
layout(location = 1) out float out_inverse;

float corner(float half_size, float at) {
    return half_size <= 0.0 ? 1.0 : smoothstep(-0.35, 0.55, half_size - abs(at));
}

void main() {
#ifdef CUT_OUT
    if (peel >= 0.0) {
        float first = texelFetch(front, ivec2(gl_FragCoord.xy), 0).r;
        if (gl_FragCoord.w >= first * (1.0 - peel)) discard;
    }
#endif
    vec2 dx = dFdx(v_uv), dy = dFdy(v_uv);
    vec3 albedo = m_tint.rgb * v_colour;
    if (m_kind.x > 1.5) {
        vec3 texel = textureGrad(photos, vec3(v_uv, m_kind.y), dx, dy).rgb;
        albedo *= texel * texel;
    } else if (m_kind.x > 0.5) {
        vec4 texel = textureGrad(tiles, vec3(v_uv, m_kind.y), dx, dy);
#ifdef CUT_OUT
        if (m_more.z > 0.5 && texel.a < 0.5) discard;
#endif
        vec3 picked = clamp((texel.rgb - 0.5) * m_tint.a + 0.5, 0.0, 1.0);
        albedo *= picked * picked;
    }
    if (m_more.y > 0.0) {
        float dirt = textureLod(tiles, vec3(v_uv * 0.13 / max(m_kind.zw, vec2(0.2)) + m_shine.xy, stain_layer), 1.0).r;
        albedo *= 1.0 + m_more.y * (dirt - 0.6);
    }
    vec3 n = normalize(v_normal);
    vec3 to_eye = eye - v_world;
    float range = length(to_eye);
    to_eye /= max(range, 1e-4);
    if (dot(n, to_eye) < 0.0) n = -n;

    vec3 at = shadow_strength > 0.0 ? (shadow_matrix * vec4(v_world + n * 0.03, 1.0)).xyz : vec3(0.0);
    float lit = 1.0;
    if (shadow_strength > 0.0 && all(lessThan(abs(at.xy - 0.5), vec2(0.5)))) {
        lit = 1.0 - shadow_strength * (1.0 - texture(shadow_map, vec3(at.xy, at.z - 0.002)));
    }
    float shade = corner(room.x, v_world.x) * corner(room.z, v_world.z) * corner(room.y, v_world.y - room.y);
    shade = 0.45 + 0.55 * shade;
    vec3 light = mix(ground_light, sky_light, 0.5 + 0.5 * n.y) * shade;
    vec3 half_way = normalize(sun + to_eye);
    light += sun_power * lit * max(dot(n, sun), 0.0);
    float gloss = m_shine.w;
    vec3 shine = sun_power * lit * pow(max(dot(n, half_way), 0.0), gloss);
    for (int i = 0; i < lamps; ++i) {
        vec3 to = lamp_position[i] - v_world;
        float d2 = dot(to, to) + 0.05;
        to *= inversesqrt(d2);
        vec3 power = lamp_power[i] / d2;
        light += power * shade * max(dot(n, to), 0.0);
        shine += power * pow(max(dot(n, normalize(to + to_eye)), 0.0), gloss);
    }
    vec3 colour = albedo * mix(light, vec3(1.0), m_more.x) + m_shine.z * shine;
    colour = mix(fog.rgb, colour, exp(-fog.a * range));
    vec2 across = gl_FragCoord.xy * lens.xy - 1.0;
    out_colour = vec4(sqrt(clamp(colour * 0.5, 0.0, 1.0)) * (1.0 - lens.z * dot(across, across)), 1.0);
    out_inverse = gl_FragCoord.w;
}
