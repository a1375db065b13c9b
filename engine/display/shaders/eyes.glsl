#version 330 core
// Put in front of every fragment shader that shows an eye. Positions are luma pixels, origin at the top left,
// pixel centres at index + 0.5.
in vec2 uv;
out vec4 colour;

uniform sampler2D left_y, left_u, left_v;
uniform sampler2D right_y, right_u, right_v;
uniform vec2 size;          // of the luma plane, pixels
uniform vec2 chroma_scale;  // chroma texels per luma pixel
uniform vec2 chroma_shift;  // siting: added to a luma position before it is scaled
uniform mat3 to_rgb;
uniform vec3 rgb_offset;
uniform vec2 footprint;     // luma pixels under one pixel of the output
uniform ivec2 taps;         // bilinear taps that cover the footprint

vec3 rgb_at(sampler2D y, sampler2D u, sampler2D v, vec2 position) {
    vec2 at = (position + chroma_shift) * chroma_scale / vec2(textureSize(u, 0));
    vec3 code = vec3(texture(y, position / size).r, texture(u, at).r, texture(v, at).r);
    return clamp(to_rgb * code + rgb_offset, 0.0, 1.0);
}

// where: 0..1 over the eye's picture. right: 1 for the right eye.
vec3 eye(bool right, vec2 where) {
    vec3 sum = vec3(0.0);
    for (int j = 0; j < taps.y; ++j) {
        for (int i = 0; i < taps.x; ++i) {
            vec2 offset = (vec2(i, j) + 0.5) / vec2(taps) - 0.5;
            vec2 position = where * size + offset * footprint;
            if (right) sum += rgb_at(right_y, right_u, right_v, position);
            else sum += rgb_at(left_y, left_u, left_v, position);
        }
    }
    return sum / float(taps.x * taps.y);
}
