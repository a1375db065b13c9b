#version 330 core
// Which place of the eye's picture is seen here, of cells that are known to be whole.
in vec2 uv;
out vec2 seen;

void main() {
    seen = uv;
}
