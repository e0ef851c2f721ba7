# Sourced by bin/run and bin/test: a Python that runs, and .venv out of requirements-dev.txt, made once.
# Needs $root. PYTHON=/path/to/python chooses one. Nothing is fetched when the stamp is right.
# shellcheck shell=sh

_say() { printf '%s\n' "$*" >&2; }

# The version of a Python that really starts and can make environments; nothing for a shim with nothing behind it.
_version() {
    "$1" -c 'import sys, ctypes, ensurepip, ssl, venv; print("%d.%d" % sys.version_info[:2])' 2>/dev/null || :
}

# The system's own before what PATH says: distributions build it with profiles, pyenv by default does not, and the same
# work then takes up to half as long again.
_find_python() {
    if [ -n "${PYTHON:-}" ]; then
        set -- "$PYTHON"
    else
        set -- /usr/bin/python3.1[123] /usr/local/bin/python3.1[123] /opt/homebrew/bin/python3.1[123] \
            python3.11 python3.12 python3.13 python3 python \
            "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.1[123].*/bin/python3
    fi
    _seen=
    for _candidate in "$@"; do
        command -v "$_candidate" >/dev/null 2>&1 || continue
        case $(_version "$_candidate") in
            3.11 | 3.12 | 3.13) command -v "$_candidate"; return 0 ;;
            '') _seen="$_seen $_candidate (does not start, or has no venv module)" ;;
            *) _seen="$_seen $_candidate ($(_version "$_candidate"))" ;;
        esac
    done
    _say "Mila needs Python 3.11, 3.12 or 3.13. Python 3.14 is too new: there is no embedded Redis for it yet."
    if [ -n "$_seen" ]; then _say "Found:$_seen"; else _say "Found none."; fi
    _say "Install one (Debian: apt install python3 python3-venv; macOS: brew install python@3.13; or pyenv install 3.13),"
    _say "or name one: PYTHON=/path/to/python3.13 $0"
    return 1
}

_make_venv() {
    _lock=$(cksum <"$root/requirements-dev.txt")
    _stamp="$root/.venv/mila-stamp"
    # The path is part of the stamp: the scripts of an environment that was moved or copied point elsewhere.
    _want="$_lock $root"
    if [ -f "$_stamp" ] && [ "$(cat "$_stamp")" = "$_want" ] && "$root/.venv/bin/python" -c '' 2>/dev/null; then
        return 0
    fi
    if [ -d "$root/.venv" ]; then
        case $(_version "$root/.venv/bin/python") in
            3.11 | 3.12 | 3.13) _moved=$([ -f "$_stamp" ] && sed 's/^[0-9]* [0-9]* //' "$_stamp" || printf %s "$root") ;;
            *) _moved=yes ;;
        esac
        [ "$_moved" = "$root" ] || rm -rf "$root/.venv"
    fi
    if [ ! -x "$root/.venv/bin/python" ]; then
        _python=$(_find_python) || return 1
        _say "Making .venv with $_python"
        "$_python" -m venv "$root/.venv" || return 1
    fi
    _say "Installing what requirements-dev.txt locks (once; a minute or two)"
    rm -f "$_stamp"
    # The lock is whole, so nothing is resolved anew: older pips take "coverage[toml]>=7" for a wish of its own, prefer the
    # release of this morning to the locked one, and then miss its hash.
    if ! "$root/.venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-input \
        --require-hashes --no-deps -r "$root/requirements-dev.txt"; then
        _say "The packages could not be installed. This one step needs the network (PyPI or your own index)."
        return 1
    fi
    "$root/.venv/bin/python" -m pip check --disable-pip-version-check >&2 || return 1
    printf '%s\n' "$_want" >"$_stamp"
}

_make_venv || exit 1
