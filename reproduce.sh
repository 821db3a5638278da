#!/usr/bin/env bash
# Make an environment if there is none, then run the notebooks or the tests in it, build the pages
# or the benchmark, or describe tables of your own.
# ./reproduce.sh --help lists the options; sbatch reproduce.sh [options] does the same in a job.
#SBATCH --job-name=pnetlib
#SBATCH --ntasks=1
#SBATCH --cpus-per-task=4
#SBATCH --mem=8G
#SBATCH --time=04:00:00
#SBATCH --output=logs/%x-%j.out
#SBATCH --open-mode=append
#SBATCH --signal=B:USR1@300
#SBATCH --requeue
# Other shells, as in `sh reproduce.sh`, read no further than this.
if [ -z "${BASH_VERSION:-}" ]; then
    if [ -f "$0" ] && command -v bash >/dev/null; then exec bash -- "$0" "$@"; fi
    echo "error: reproduce.sh needs bash; install it and call: bash reproduce.sh" >&2
    exit 3
fi
if [ -z "${BASH_SOURCE[0]:-}" ] || (return 0 2>/dev/null); then
    echo "error: call reproduce.sh as a command, as in ./reproduce.sh; do not source it." >&2
    return 2 2>/dev/null || exit 2
fi
set +o posix +o noclobber
set -euo pipefail

fail() { # CODE SENTENCE
    echo "error: $2" >&2
    exit "$1"
}

# --- the folder of the project ---------------------------------------------------------------

unset CDPATH # or cd prints the folder

folder_of() { # FILE: set `folder`, absolute, which may end in a newline
    case "$1" in
        */*) folder=${1%/*}/ ;;
        *) folder=./ ;;
    esac
    case "$folder" in
        /*) ;;
        *) folder=./$folder ;;
    esac
    folder=$(cd -- "$folder" && pwd && echo /) || return
    folder=${folder%?/}
}

linked() { # FILE: set `file` to what a link leads to, one link after the other
    file=$1
    while [ -L "$file" ]; do
        folder_of "$file"
        file=$(readlink "$folder/${file##*/}" && echo /)
        file=${file%?/}
        case "$file" in
            /*) ;;
            *) file=$folder/$file ;;
        esac
    done
}

is_project() { [ -f "$1/pyproject.toml" ] && [ -f "$1/pnetlib/cli/usage.txt" ]; }

submitted() { # print where the file lies of which Slurm runs a copy
    # The last task of an array has the number of the whole array, so tasks are named by their own.
    local array=${SLURM_ARRAY_JOB_ID:+${SLURM_ARRAY_JOB_ID}_}
    scontrol show job "$array${SLURM_ARRAY_TASK_ID:-${SLURM_JOB_ID:-}}" 2>/dev/null | sed -n 's/^ *Command=\(.*\)\/reproduce\.sh.*$/\1/p'
}

linked "${BASH_SOURCE[0]}" # not $0, which has no folder where bash has found it on the PATH
folder_of "$file"
root=$folder
if ! is_project "$root"; then # a batch system runs a copy of this file in another folder
    for folder in "$(submitted)" "${SLURM_SUBMIT_DIR:-}" "${PBS_O_WORKDIR:-}" \
        "${SGE_O_WORKDIR:-}" "${LS_SUBCWD:-}"; do
        if [ -n "$folder" ] && is_project "$folder"; then
            root=$folder
            break
        fi
    done
    is_project "$root" ||
        fail 3 "$root is not the folder of the project; call reproduce.sh where it was cloned to."
fi
case "$root" in
    *:*) fail 3 "$root has a colon in its name, where Python reads two folders; rename it." ;;
esac
cache=$root/.cache
log=$cache/install.log

# Import nothing from the user's own Python packages or from the working folder, and take the
# kernel of no other Python.
unset PYTHONPATH PYTHONHOME PYTHONSTARTUP PYTHONUSERBASE PYTHONPLATLIBDIR PYTHONEXECUTABLE
unset PYTHONINSPECT PYTHONOPTIMIZE PYTHONWARNINGS __PYVENV_LAUNCHER__
unset JUPYTER_PATH JUPYTER_DATA_DIR JUPYTER_CONFIG_DIR JUPYTER_CONFIG_PATH
export PYTHONNOUSERSITE=1 PYTHONSAFEPATH=1 JUPYTER_PREFER_ENV_PATH=1

# Python handles signals itself. Until it has started, the warning before a time limit must end in
# a sentence and in the exit code for it.
trap 'fail 75 "stopped by SIGUSR1 before anything started; repeat the command."' USR1

module() { # PYTHON MODULE [ARGUMENTS]: a module of the project, installed or not
    PYTHONPATH=$root "$1" -m "${@:2}"
}

new_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; }

find_python() { # print the first Python on the PATH that is new enough
    local name
    for name in python3 python python3.14 python3.13 python3.12 python3.11; do
        if new_enough "$name"; then
            echo "$name"
            return
        fi
    done
    return 1
}

find_conda() {
    local name
    for name in mamba micromamba conda; do
        if command -v "$name"; then return; fi
    done
    return 1
}

# --- choosing an environment -----------------------------------------------------------------

active_python() { # EXTRA...: print the Python of the active environment if it lacks no package
    local folder=${VIRTUAL_ENV:-${CONDA_PREFIX:-}} lacks
    [ -x "$folder/bin/python" ] || return 1
    if ! new_enough "$folder/bin/python"; then
        echo "Not used: the active environment $folder has a Python older than 3.11." >&2
    elif ! lacks=$(module "$folder/bin/python" pnetlib environment "$@"); then
        echo "Not used: the active environment $folder lacks $lacks." >&2
    else
        echo "$folder/bin/python"
        return
    fi
    return 1
}

# A complete environment has a copy of the file that it was made from.
complete() { # FOLDER FILE
    cmp -s "$1/made-from" "$2" && "$1/bin/python" -c '' 2>/dev/null
}

own_python() { # print the Python of an environment that this script has made
    if [ "$kind" != venv ] && complete "$root/.conda" "$root/environment.yml"; then
        echo "$root/.conda/bin/python"
    elif [ "$kind" != conda ] && complete "$venv" "$lock"; then
        echo "$venv/bin/python"
    else
        return 1
    fi
}

# --- making an environment -------------------------------------------------------------------

install() { # WHAT COMMAND...: log the output of a command; on failure, print one sentence
    echo "\$ ${*:2}" >>"$log"
    "${@:2}" >>"$log" 2>&1 </dev/null ||
        fail 3 "$1 could not be installed$(reason "$log"); the log is $log."
}

reason() { # LOG: print, after a colon, what the last command in a log ended with
    awk '/^\$ / { last = said = "" }
        NF { last = $0 }
        /^ERROR: / { said = $0 }
        END {
            line = substr(said ? said : last, 1, 300)
            sub(/^ERROR: */, "", line); sub(/[. ]*$/, "", line)
            if (line) print ": " line
        }' "$1"
}

# Of pip's settings, in files and variables, only those hold that say where packages are found:
# others install elsewhere, or nothing.
choose_pip_settings() { # PYTHON
    local settings name line
    unset PIP_PYTHON PIP_ISOLATED PIP_QUIET # which would tell of another pip, or nothing
    if ! settings=$(module "$1" pnetlib.cli.sources 2>/dev/null); then # it has no pip
        unset PIP_TARGET PIP_PREFIX PIP_ROOT PIP_REQUIRE_VIRTUALENV
        export PIP_USER=0 PIP_REQUIRE_HASHES=0 PIP_DRY_RUN=0 PIP_CONSTRAINT=/dev/null
        return
    fi
    for name in ${!PIP_@}; do unset "$name"; done
    while IFS= read -r line; do
        if [ -n "$line" ]; then export "$line"; fi
    done <<<"$settings"
    export PIP_CONFIG_FILE=/dev/null PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1
}

wait_for_others() { # one installation at a time; the lock ends with this script or with `exec 9>&-`
    exec 9>"$cache/install.lock"
    if command -v flock >/dev/null; then
        flock 9
    else
        "$(find_python)" -c 'import fcntl; fcntl.flock(9, fcntl.LOCK_EX)' 2>/dev/null || true
    fi
}

begin() { # FOLDER [keep]: remove an incomplete environment; `keep` one that can be updated
    local mark=$cache/unfinished${1##*/}
    if [ -e "$1" ] && [ ! -e "$1/made-from" ] && [ ! -e "$mark" ]; then
        fail 3 "$1 was not made by reproduce.sh; activate it if it is yours, or move it away."
    fi
    if [ -e "$mark" ] || [ -z "${2:-}" ] || ! "$1/bin/python" -c '' 2>/dev/null; then
        rm -rf "$1"
    fi
    touch "$mark"
}

finish() { # FOLDER FILE
    choose_pip_settings "$1/bin/python"
    install "The project" "$1/bin/python" -m pip install --no-deps --no-build-isolation -e "$root"
    echo "Compiling the kernels (about a minute) ..."
    # Failure is harmless: the run compiles whatever is missing.
    module "$1/bin/python" pnetlib compile >>"$log" 2>&1 </dev/null || true
    # `jupyter lab` from this environment opens on the overview.
    mkdir -p "$1/etc/jupyter" "$1/share/jupyter/lab/settings"
    cp "$root/.jupyter/jupyter_lab_config.json" "$1/etc/jupyter/"
    cp "$root/.jupyter/overrides.json" "$1/share/jupyter/lab/settings/"
    cp "$2" "$1/made-from"
    rm "$cache/unfinished${1##*/}"
}

make_venv() {
    local base
    base=$(find_python) ||
        fail 3 "Python 3.11 or newer is needed, and none is on the PATH; install one."
    "$base" -c 'import venv, ensurepip' 2>/dev/null ||
        fail 3 "$base lacks the module venv (on Debian: apt-get install python3-venv)."
    begin "$venv" keep
    echo "Installing the packages of ${lock##*/} into $venv (about a minute) ..."
    [ -e "$venv" ] || install "A virtual environment" "$base" -m venv "$venv"
    choose_pip_settings "$venv/bin/python"
    install "The packages" "$venv/bin/python" -m pip install --require-hashes \
        --only-binary :all: -r "$lock"
    finish "$venv" "$lock"
}

make_conda() {
    local conda
    conda=$(find_conda) ||
        fail 3 "PNETLIB_ENV is conda, but no mamba, micromamba or conda is on the PATH; install one."
    choose_pip_settings "$(find_python)" # conda calls pip for some packages
    begin "$root/.conda"
    echo "Installing the packages of environment.yml into $root/.conda (some minutes) ..."
    case "$conda" in
        *micromamba) install "The packages" "$conda" create --yes \
            --prefix "$root/.conda" --file "$root/environment.yml" ;;
        *) install "The packages" "$conda" env create \
            --prefix "$root/.conda" --file "$root/environment.yml" ;;
    esac
    finish "$root/.conda" "$root/environment.yml"
}

# adelie needs an older NumPy than the rest; if it cannot be installed, the benchmark omits it.
make_adelie() {
    local own=$root/.venv-adelie wanted=$root/requirements-adelie.lock absent=$cache/no-adelie
    if complete "$own" "$wanted" || cmp -s "$absent" "$wanted"; then return; fi
    mkdir -p "$cache"
    wait_for_others
    if ! complete "$own" "$wanted"; then
        echo "Installing adelie into $own ..."
        if { rm -rf "$own" && "$(find_python)" -m venv "$own" &&
            choose_pip_settings "$own/bin/python" &&
            "$own/bin/python" -m pip install --require-hashes --only-binary :all: \
                -r "$wanted"; } >"$cache/adelie.log" 2>&1 </dev/null; then
            cp "$wanted" "$own/made-from"
        else
            rm -rf "$own"
            cp "$wanted" "$absent"
            echo "adelie could not be installed and is omitted; $cache/adelie.log has the reason;" \
                "remove $absent to try again." >&2
        fi
    fi
    exec 9>&-
}

make_environment() { # one call at a time; the others wait and use its environment
    { mkdir -p "$cache" && echo >>"$log"; } 2>/dev/null ||
        fail 3 "$root is not writable; clone the project into another folder."
    wait_for_others
    if ! own_python >/dev/null; then
        : >"$log"
        if [ "$kind" = conda ] || { [ -z "$kind" ] && find_conda >/dev/null; }; then
            make_conda
        else
            make_venv
        fi
    fi
    exec 9>&-
}

# --- the command -----------------------------------------------------------------------------

action=run
venv=$root/.venv
lock=$root/requirements.lock
case "${1:-}" in
    -h | --help)
        cat "$root/pnetlib/cli/usage.txt"
        exit
        ;;
    test)
        action="test"
        shift
        ;;
    docs)
        action=docs
        shift
        ;;
    init)
        action=init
        shift
        ;;
    bench) # the external solvers have their own environment
        action=bench
        venv=$root/.venv-bench
        lock=$root/requirements-bench.lock
        shift
        ;;
esac

case "$action" in
    docs | init) export PNETLIB_CALLED=./reproduce.sh ;; # for its usage and messages
esac

kind=${PNETLIB_ENV:-}
case "$kind" in
    '' | conda | venv) ;;
    *) fail 2 "PNETLIB_ENV is '$kind', but must be conda, venv or empty." ;;
esac

python=
if [ -z "$kind" ]; then
    case "$action" in
        test) python=$(active_python test) || true ;;
        bench) python=$(active_python bench) || true ;;
        docs) python=$(active_python docs) || true ;;
        init) python=$(active_python) || true ;;
        run) python=$(active_python) || true ;;
    esac
fi
if [ "$action" = bench ]; then kind=venv; fi # the versions celer needs are locked for pip only
if [ -z "$python" ] && ! python=$(own_python); then
    case "$action" in
        run | docs | init) checked="pnetlib $action" ;;
        bench) checked=benchmarks ;;
        *) checked= ;;
    esac
    # Only checked, a command needs no package; and wrong options are refused before the minute
    # that an installation takes.
    case " $* " in
        *" --help "* | *" -h "*)
            if [ "$action" = test ]; then
                cat "$root/pnetlib/cli/usage.txt"
                exit
            fi
            only=yes
            ;;
        *" --check "* | *" --status "*) only=$checked ;;
        *) only= ;;
    esac
    if base=$(find_python) && [ -n "$checked" ]; then
        if [ -n "$only" ]; then exec env PYTHONPATH="$root" "$base" -m $checked "$@"; fi
        module "$base" $checked --check "$@" || exit
    elif [ -n "$only" ]; then
        fail 3 "Python 3.11 or newer is needed, and none is on the PATH; install one."
    fi
    make_environment
    python=$(own_python)
fi

export PYTHONPATH=$root
if [ "$action" = test ]; then
    cd "$root"
    export MPLBACKEND=agg
    together=(--numprocesses=auto --maxprocesses=4 --dist=loadfile --no-loadscope-reorder)
    case "$*" in # no part of the suite: several files at a time
        "") set -- "${together[@]}" ;;
        --all) set -- "${together[@]}" -m "" ;;
    esac
    exec "$python" -m pytest --nbval-lax --nbval-current-env --nbval-cell-timeout=120 "$@"
fi
if [ "$action" = bench ]; then
    case " $* " in
        *" --check "* | *" --help "* | *" -h "*) ;;
        *)
            "$python" -m benchmarks --check "$@" || exit
            make_adelie
            ;;
    esac
    exec "$python" -m benchmarks "$@"
fi
exec "$python" -m pnetlib "$action" "$@"
