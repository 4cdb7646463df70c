"""A CMake project with most kinds of link: a program, archives, a shared library, a tool."""

import subprocess
from pathlib import Path

from mlgo.toolchain import find_toolchain

FILES = {
    "CMakeLists.txt": """\
cmake_minimum_required(VERSION 3.16)
project(words C CXX ASM)
add_library(inner STATIC inner.c)
add_library(whole STATIC registry.c)
add_library(words SHARED words.cc)
target_link_libraries(words PRIVATE inner)
target_link_options(words PRIVATE "-Wl,--version-script,${CMAKE_SOURCE_DIR}/words.map")
set_target_properties(inner PROPERTIES POSITION_INDEPENDENT_CODE ON)
add_executable(app main.cc answer.S)
target_link_libraries(app PRIVATE words -Wl,--whole-archive whole -Wl,--no-whole-archive m)
""",
    "inner.c": "int inner(int x) { return x * 3; }\nint never(int x) { return x - 9; }\n",
    "registry.c": (
        "int registered;\n"
        "__attribute__((constructor)) static void enlist(void) { registered = 40; }\n"
    ),
    "words.cc": (
        '#include <string>\nextern "C" int inner(int);\n'
        "int hidden(const std::string &s) { return inner(int(s.size())); }\n"
        'extern "C" int words(const char *s) { return hidden(std::string(s) + "!"); }\n'
    ),
    "words.map": "{ global: words; local: *; };\n",
    "answer.S": ".globl answer\n.type answer,@function\nanswer:\n  movl $2, %eax\n  ret\n",
    "main.cc": (
        '#include <cstdio>\nextern "C" { int words(const char *); int answer(); }\n'
        'extern "C" { __attribute__((weak)) extern int registered; }\n'
        "int main(int argc, char **argv) {\n"
        "  int more = &registered ? registered : 0;\n"
        '  std::printf("%d\\n", words(argv[argc - 1]) + answer() + more);\n'
        "}\n"
    ),
}


def write_project(folder: Path) -> Path:
    """Writes the project's source; returns its folder."""
    folder.mkdir(parents=True)
    for name, text in FILES.items():
        (folder / name).write_text(text)
    return folder


def configure(source: Path, build: Path, generator: str) -> Path:
    """Configures the project; returns the path of its compile_commands.json."""
    toolchain = find_toolchain()
    command = ["cmake", "-S", source, "-B", build, "-G", generator]
    command += ["-DCMAKE_EXPORT_COMPILE_COMMANDS=ON", "-DCMAKE_BUILD_TYPE=Release"]
    command += [
        f"-DCMAKE_C_COMPILER={toolchain.clang}",
        f"-DCMAKE_CXX_COMPILER={toolchain.clangxx}",
    ]
    subprocess.run(command, check=True, capture_output=True)
    return build / "compile_commands.json"


def build(folder: Path) -> None:
    """Builds a configured project."""
    subprocess.run(["cmake", "--build", folder, "-j2"], check=True, capture_output=True)
