// The background as far as it is seen: colours and parallax of the cells that are not in front of an edge near them.
uniform sampler2D left_y, left_uv;
uniform sampler2D range;
uniform sampler2D edges;
uniform vec2 cell_extent;  // 0..1 over the eye's picture
layout(location = 1) out float parallax;

void main() {
    ivec2 here = ivec2(gl_FragCoord.xy);
    vec2 limits = texelFetch(range, here, 0).rg;
    float weight = limits.y > texelFetch(edges, here, 0).r ? 0.0 : 1.0;
    colour = vec4(weight * eye(left_y, left_uv, (vec2(here) + 0.5) * cell_extent), weight);
    parallax = weight * 0.5 * (limits.x + limits.y);
}
