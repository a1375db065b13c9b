#version 330 core
in vec2 v_uv;
flat in vec4 m_kind;
flat in vec4 m_more;
uniform sampler2DArray tiles;

void main() {
    if (m_more.z > 0.5 && texture(tiles, vec3(v_uv, m_kind.y)).a < 0.5) discard;
}
