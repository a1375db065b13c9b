#version 330 core
// Every vertex carries the number of its node; the node's matrix and material are a row of `table`.
in vec3 in_position;
in vec4 in_normal;
in vec4 in_colour;
in uint in_instance;

uniform sampler2D table;
uniform mat4 view_projection;

out vec3 v_world;
out vec3 v_normal;
out vec2 v_uv;
out vec3 v_colour;
flat out vec4 m_tint;
flat out vec4 m_kind;
flat out vec4 m_shine;
flat out vec4 m_more;

void main() {
    int row = int(in_instance);
    vec4 a = texelFetch(table, ivec2(0, row), 0);
    vec4 b = texelFetch(table, ivec2(1, row), 0);
    vec4 c = texelFetch(table, ivec2(2, row), 0);
    m_tint = texelFetch(table, ivec2(3, row), 0);
    m_kind = texelFetch(table, ivec2(4, row), 0);
    m_shine = texelFetch(table, ivec2(5, row), 0);
    m_more = texelFetch(table, ivec2(6, row), 0);

    vec4 p = vec4(in_position, 1.0);
    v_world = vec3(dot(a, p), dot(b, p), dot(c, p));
    vec3 x = vec3(a.x, b.x, c.x), y = vec3(a.y, b.y, c.y), z = vec3(a.z, b.z, c.z);
    vec3 n = in_normal.xyz * (255.0 / 127.0) - 128.0 / 127.0;
    // Cofactors: right for every scale, mirrored or not up to a sign that the fragment shader settles.
    v_normal = n.x * cross(y, z) + n.y * cross(z, x) + n.z * cross(x, y);
    v_colour = in_colour.rgb * in_colour.rgb;

    // Tiles are laid out in metres along the sides of the mesh; photographs fill the mesh.
    bool photo = m_kind.x > 1.5;
    vec3 q = photo ? in_position + 0.5 : in_position * vec3(length(x), length(y), length(z));
    int axis = int(in_normal.w * 255.0 + 0.5);
    vec2 uv = axis == 0 ? q.zy : (axis == 1 ? vec2(q.x, photo ? 1.0 - q.z : q.z) : q.xy);
    if (m_more.w > 0.5) uv = uv.yx;
    v_uv = uv * m_kind.zw + m_shine.xy;
    gl_Position = view_projection * vec4(v_world, 1.0);
}
