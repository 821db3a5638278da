#!/usr/bin/env bash
# Test the package with versions of its dependencies other than the locked ones.
# Usage: tests/versions.sh lowest|newest|coming [PYTHON] [option or test for pytest ...]
#   lowest  the lowest versions that pyproject.toml declares
#   newest  the newest releases
#   coming  the newest releases and their previews
# PYTHON is a version or the path of an interpreter (default: 3.11). It needs uv. Pictures are not
# compared, since each version of matplotlib draws them a little differently.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
case ${1:-} in
lowest) versions=(--resolution lowest-direct --extra anndata) ;;
newest) versions=(--upgrade) ;; # anndata needs a pandas that is not the newest
coming) versions=(--upgrade --prerelease allow) ;;
*)
    sed -n '2,8s/^# //p' "${BASH_SOURCE[0]}" >&2
    exit 2
    ;;
esac
shift
python=3.11
if [[ ${1:-} == 3.* || -x ${1:-} && ! -d ${1:-} ]]; then
    python=$1
    shift
fi
if ! command -v uv >/dev/null; then
    echo "error: uv is not on the PATH; install it with: pip install uv" >&2
    exit 3
fi
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
uv venv --quiet --seed --no-project --python "$python" "$folder/venv"
uv pip install --quiet --compile-bytecode --python "$folder/venv/bin/python" "${versions[@]}" \
    --requirements pyproject.toml --extra dask --extra tables --extra test
uv pip list --quiet --python "$folder/venv/bin/python"
if [ $# = 0 ]; then
    set -- tests/kernels tests/solvers tests/stats tests/estimators tests/datasets tests/steps \
        tests/execution tests/workflow tests/test_io.py tests/test_words.py -m "not slurm"
fi
export PNETLIB_TESTS=$folder/scratch PYTHONPATH=$PWD
export SCIPY_ARRAY_API=1 # scikit-learn 1.6 asks for it next to anndata
mkdir "$PNETLIB_TESTS"
"$folder/venv/bin/python" -m pytest -q -p no:cacheprovider -o addopts= "$@"
