// Two lenses in front of one panel. A lens stretches what is far from its centre (pincushion), so the picture is
// squeezed there by the same amount (barrel). The film hangs on a flat screen in front of the viewer.
uniform float panel_aspect;    // width / height of the panel
uniform float picture_aspect;  // width / height of one eye's picture
uniform float lens_x;          // centre of the left lens, in widths of its half of the panel
uniform float view_tan;        // tan of half the horizontal field of view of a lens
uniform float screen_tan;      // tan of half the angle that the film's screen is wide
uniform vec2 distortion;       // of r^2 and r^4

void main() {
    bool second = uv.x >= 0.5;
    vec2 half_panel = vec2(second ? uv.x * 2.0 - 1.0 : uv.x * 2.0, uv.y);
    // 1 = half a half panel, so that r is 1 at the side edge of a centred lens.
    vec2 lens = vec2(second ? 1.0 - lens_x : lens_x, 0.5);
    vec2 p = (half_panel - lens) * vec2(2.0, 4.0 / panel_aspect);
    float r2 = dot(p, p);
    vec2 direction = p * (1.0 + distortion.x * r2 + distortion.y * r2 * r2) * view_tan;
    vec2 where = direction / screen_tan * vec2(0.5, 0.5 * picture_aspect) + 0.5;
    bool inside = all(greaterThanEqual(where, vec2(0.0))) && all(lessThan(where, vec2(1.0)));
    colour = vec4(inside ? eye(second, where) : vec3(0.0), 1.0);
}
