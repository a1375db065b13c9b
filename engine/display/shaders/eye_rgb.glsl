#version 330 core
// Put in front of a fragment shader instead of eye.glsl where the eyes are drawn already: R'G'B' in the texture that
// otherwise holds luma, one pixel of it under one pixel of the output.
in vec2 uv;
layout(location = 0) out vec4 colour;

vec3 eye(sampler2D y, sampler2D chroma, vec2 where) {
    return texture(y, where).rgb;
}
