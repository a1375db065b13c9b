// One lens in front of its half of the panel. A lens stretches what is far from its centre (pincushion), so the picture
// is squeezed there by the same amount (barrel). The film hangs on a flat screen in front of the viewer.
uniform sampler2D left_y, left_uv;
uniform float half_aspect;     // width / height of half the panel
uniform float picture_aspect;  // width / height of the film
uniform float lens_x;          // centre of the lens, 0..1 over its half of the panel
uniform float view_tan;        // tan of half the horizontal field of view of the lens
uniform float screen_tan;      // tan of half the angle that the film's screen is wide
uniform vec2 distortion;       // of r^2 and r^4

void main() {
    // In half widths of half the panel: r is 1 at the side edges if the lens is in the middle.
    vec2 p = (uv - vec2(lens_x, 0.5)) * vec2(2.0, 2.0 / half_aspect);
    float r2 = dot(p, p);
    vec2 direction = p * (1.0 + distortion.x * r2 + distortion.y * r2 * r2) * view_tan;
    vec2 where = direction / screen_tan * vec2(0.5, 0.5 * picture_aspect) + 0.5;
    bool inside = all(greaterThanEqual(where, vec2(0.0))) && all(lessThan(where, vec2(1.0)));
    vec3 film = eye(left_y, left_uv, where);
    colour = vec4(inside ? film : vec3(0.0), 1.0);
}
