#version 330 core
// Averages the colour of the four samples of a pixel and keeps the inverse depth of one surface: the nearest one that
// covers at least half of the pixel, so that a pixel's depth is never a mixture.
uniform sampler2DMS colours;
uniform sampler2DMS inverses;

layout(location = 0) out vec4 out_colour;
layout(location = 1) out float out_inverse;

void main() {
    ivec2 at = ivec2(gl_FragCoord.xy);
    vec4 colour = vec4(0.0);
    float value[4];
    float nearest = 0.0;
    for (int i = 0; i < 4; ++i) {
        colour += texelFetch(colours, at, i);
        value[i] = texelFetch(inverses, at, i).r;
        nearest = max(nearest, value[i]);
    }
    int covered = 0;
    float second = 0.0;
    for (int i = 0; i < 4; ++i) {
        if (value[i] >= nearest * 0.99) ++covered;
        else second = max(second, value[i]);
    }
    out_colour = colour * 0.25;
    out_inverse = covered >= 2 ? nearest : second;
}
