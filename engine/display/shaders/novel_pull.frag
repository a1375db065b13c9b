#version 330 core
// One level down: what is not known comes from the level above, which is finished already and has weight 1 everywhere.
in vec2 uv;
layout(location = 0) out vec4 colour;
layout(location = 1) out float parallax;

uniform sampler2D colours;
uniform sampler2D values;
uniform sampler2D above_colours;
uniform sampler2D above_values;
uniform bool is_top;

void main() {
    ivec2 here = ivec2(gl_FragCoord.xy);
    colour = texelFetch(colours, here, 0);
    parallax = texelFetch(values, here, 0).r;
    if (is_top) {
        float weight = max(colour.a, 1e-4);
        colour /= weight;
        parallax /= weight;
    } else {
        // A level whose size is odd covers a little more than this one; a fraction of a texel does not show in a blur.
        vec2 at = (vec2(here) + 0.5) / vec2(textureSize(colours, 0));
        float missing = 1.0 - min(colour.a, 1.0);
        colour += missing * texture(above_colours, at);
        parallax += missing * texture(above_values, at).r;
    }
    colour.a = 1.0;
}
