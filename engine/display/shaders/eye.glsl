#version 330 core
// Put in front of every fragment shader that shows an eye. Positions are luma pixels, origin at the top left,
// pixel centres at index + 0.5.
in vec2 uv;
layout(location = 0) out vec4 colour;

uniform vec2 size;           // of the luma plane, pixels
uniform vec2 luma_texel;     // 1 / size of the luma texture
uniform vec2 chroma_texel;   // (chroma texels per luma pixel) / size of the chroma texture
uniform vec2 chroma_shift;   // siting: added to a luma position before it becomes a chroma position
uniform mat3 to_rgb;
uniform vec3 rgb_offset;
uniform vec2 footprint;      // luma pixels under one pixel of the output

vec3 code_at(sampler2D y, sampler2D both, vec2 position) {
    vec2 chroma = (position + chroma_shift) * chroma_texel;
    return vec3(texture(y, position * luma_texel).r, texture(both, chroma).rg);
}

// where: 0..1 over the eye's picture. ACROSS x DOWN bilinear taps cover the footprint; the compiler knows how many,
// because a software renderer pays dearly for a loop it cannot unroll.
vec3 eye(sampler2D y, sampler2D chroma, vec2 where) {
    vec3 sum = vec3(0.0);
    for (int j = 0; j < DOWN; ++j) {
        for (int i = 0; i < ACROSS; ++i) {
            vec2 offset = (vec2(i, j) + 0.5) / vec2(ACROSS, DOWN) - 0.5;
            sum += code_at(y, chroma, where * size + offset * footprint);
        }
    }
    return clamp(to_rgb * (sum / float(ACROSS * DOWN)) + rgb_offset, 0.0, 1.0);
}
