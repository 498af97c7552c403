#!/usr/bin/env bash
# Compiles the four locks from their .in files; called by `make lock`, arguments go to `uv pip compile`.
# A layer lock leaves out what the core layer already carries, so that no package is shipped twice.
set -euo pipefail
cd "$(dirname "$0")/requirements"
uv="${UV:-../../.venv/bin/uv}"

compile() {
    local name=$1
    shift
    "$uv" pip compile "$name.in" --output-file "$name.txt" --quiet --universal \
        --python-version 3.13 --generate-hashes --no-emit-index-url \
        --custom-compile-command "make lock" "$@"
    echo "locked infra/requirements/$name.txt"
}

compile core "$@"
in_core=()
while read -r package; do
    in_core+=(--no-emit-package "$package")
done < <(sed -nE 's/^([a-z0-9][a-z0-9._-]*)(\[.*\])?==.*/\1/p' core.txt)
compile payments -c core.txt "${in_core[@]}" "$@"
compile voice -c core.txt "${in_core[@]}" "$@"
compile dev -c core.txt -c payments.txt -c voice.txt "$@"
