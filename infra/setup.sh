#!/usr/bin/env bash
# Makes .venv with the locked tools and libraries; does nothing where it is up to date.
# Needs Python 3.13 alone: $PYTHON, the PATH, pyenv or uv may provide it.
set -euo pipefail
cd "$(dirname "$0")/.."
lock=infra/requirements/dev.txt
stamp=.venv/.redial-lock

is_313() {
    [ "$("$1" -c 'import sys, venv; print("%d.%d" % sys.version_info[:2])' 2>/dev/null)" = 3.13 ]
}

find_python() {
    local candidate
    for candidate in "${PYTHON:-}" python3.13 python3 python \
        "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.13*/bin/python \
        "${UV_PYTHON_INSTALL_DIR:-${XDG_DATA_HOME:-$HOME/.local/share}/uv/python}"/cpython-3.13*/bin/python3.13; do
        if [ -n "$candidate" ] && is_313 "$candidate"; then
            echo "$candidate"
            return
        fi
    done
    echo "Redial needs Python 3.13 and found none. Install it, or name it: PYTHON=/path/to/python3.13 make ..." >&2
    return 1
}

if ! { [ -x .venv/bin/python ] && is_313 .venv/bin/python; }; then
    python=$(find_python)
    echo "setup: making .venv with $("$python" -V)"
    "$python" -m venv --clear .venv
fi

wanted=$(.venv/bin/python -c 'import hashlib, sys; print(hashlib.sha256(open(sys.argv[1], "rb").read()).hexdigest())' "$lock")
if [ "$(cat "$stamp" 2>/dev/null || true)" = "$wanted" ]; then
    exit 0
fi

if [ "$(.venv/bin/uv --version 2>/dev/null | cut -d' ' -f2)" != "$(sed -nE 's/^uv==([^ ]+).*/\1/p' "$lock")" ]; then
    echo "setup: installing uv"
    own=$(mktemp)
    trap 'rm -f "$own"' EXIT
    # uv's own lines of the lock: from its name to the next package.
    sed -nE '/^uv==/,/^ *#/p' "$lock" >"$own"
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r "$own"
fi
echo "setup: installing $(grep -c '==' "$lock") locked packages into .venv"
.venv/bin/uv pip install --quiet --python .venv/bin/python --require-hashes -r "$lock"
echo "$wanted" >"$stamp"
echo "setup: done"
