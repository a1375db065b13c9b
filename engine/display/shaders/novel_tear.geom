#version 330 core
// The two surfaces that are torn apart inside a cell. Each of them covers the whole cell at its own depth; the fragment shader keeps the pixels that belong to it, so tears run along pixels and not along cells.
layout(points) in;
layout(triangle_strip, max_vertices = 8) out;
flat in ivec2 place[];
out vec2 uv;
flat out vec2 layer;  // (parallax between the two surfaces, which one: -1 far, 1 near)

uniform sampler2D parallax;
uniform sampler2D range;
uniform ivec2 cells;
uniform int cell;            // pixels
uniform mat4 camera;
uniform float aspect;        // width / height of the picture
uniform vec2 eye_and_screen; // distances: between the eyes, to the screen plane

ivec2 last;
ivec2 size;

void put(ivec2 pixel, float p) {
    uv = vec2(pixel) / vec2(size);
    float q = max(1.0 + p / (float(size.x) * eye_and_screen.x), 0.05);
    gl_Position = camera * vec4(uv.x - 0.5, (uv.y - 0.5) / aspect, eye_and_screen.y, q);
    EmitVertex();
}

// Where a surface goes on beyond its edge: the farthest and the nearest thing in the cells around a corner.
vec2 around(ivec2 corner) {
    ivec2 top = max(corner - 1, ivec2(0)), bottom = min(corner, cells - 1);
    vec2 a = texelFetch(range, top, 0).rg, b = texelFetch(range, bottom, 0).rg;
    vec2 c = texelFetch(range, ivec2(top.x, bottom.y), 0).rg, d = texelFetch(range, ivec2(bottom.x, top.y), 0).rg;
    return vec2(min(min(a.x, b.x), min(c.x, d.x)), max(max(a.y, b.y), max(c.y, d.y)));
}

void main() {
    size = textureSize(parallax, 0);
    last = size - 1;
    vec4 limits = texelFetch(range, place[0], 0);
    if (limits.z < 0.5) {
        return;
    }
    float middle = 0.5 * (limits.x + limits.y);
    ivec2 pixels[4];
    float values[4];
    vec2 beyond[4];
    for (int i = 0; i < 4; ++i) {
        ivec2 corner = place[0] + ivec2(i & 1, i >> 1);
        pixels[i] = min(corner * cell, size);
        values[i] = texelFetch(parallax, min(pixels[i], last), 0).r;
        beyond[i] = around(corner);
    }
    for (int i = 0; i < 4; ++i) {
        layer = vec2(middle, -1.0);
        put(pixels[i], values[i] > middle ? beyond[i].x : values[i]);
    }
    EndPrimitive();
    for (int i = 0; i < 4; ++i) {
        layer = vec2(middle, 1.0);
        put(pixels[i], values[i] > middle ? values[i] : beyond[i].y);
    }
    EndPrimitive();
}
