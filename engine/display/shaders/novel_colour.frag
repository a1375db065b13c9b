// The colours of what the mesh shows, and the background where it shows nothing. (A discard instead of the choice would
// make a software renderer more than twice as slow.)
uniform sampler2D left_y, left_uv;
uniform sampler2D seen;
uniform sampler2D back;

void main() {
    vec2 where = texelFetch(seen, ivec2(gl_FragCoord.xy), 0).rg;
    vec3 surface = eye(left_y, left_uv, where);
    vec3 behind = texture(back, gl_FragCoord.xy / vec2(textureSize(seen, 0))).rgb;
    colour = vec4(where.x < 0.0 ? behind : surface, 1.0);
}
