#!/usr/bin/env bash
# What the two steps of action.yml run: `run.sh install`, then `run.sh judge`.
#
# install: a virtual environment in $RUNNER_TEMP from hash-locked wheels. pip's own configuration (mirror, no index,
# find-links) and REQUESTS_CA_BUNDLE are honoured. Nothing outside $RUNNER_TEMP is touched, but pip's cache.
# judge: Python isolated (-I), so that no module of the checkout, of PYTHONPATH or of a user's site is imported, and
# writing no byte code (-B) beside the sources.
set -euo pipefail

venv="$RUNNER_TEMP/expflow-venv"
lock="$GITHUB_ACTION_PATH/requirements.lock"
failed="$RUNNER_TEMP/expflow-install-failed"
step="${1:-}"
python=""

# Ends the step that judges; the one that installs leaves a note for it, so that outputs, summary and status tell.
fail() {
  echo "::error title=expflow::$2"
  echo "expflow: error (exit $1)" >&2
  if [ "$step" = install ]; then
    printf '%s %s\n' "$1" "$2" > "$failed"
    exit 0
  fi
  tell "$2"
  exit "$1"
}

# Writes outputs and summary, and sets the status of the head, without any Python: there may be none.
tell() {
  {
    echo "passed=false"
    echo "verdict=error"
    echo "comment-status=skipped"
    echo "truncated=false"
  } >> "${GITHUB_OUTPUT:-/dev/null}"
  printf '## 🛑 Expflow: error\n\n%s\n' "$1" >> "${GITHUB_STEP_SUMMARY:-/dev/null}"
  if [ "${INPUT_STATUS:-auto}" = never ] || [ -z "${EXPFLOW_HEAD:-}" ] || ! command -v curl > /dev/null; then
    return
  fi
  local context=expflow key="${INPUT_COMMENT_KEY:-default}"
  if [ "$key" != default ]; then
    context="expflow/${key//[^A-Za-z0-9._-]/}"
  fi
  # The token on standard input: a process list shows arguments.
  printf 'header = "Authorization: Bearer %s"\n' "$INPUT_GITHUB_TOKEN" |
    curl --silent --show-error --max-time 20 --output /dev/null --config - --request POST \
      --data "{\"state\": \"error\", \"context\": \"$context\", \"description\": \"error: the Action could not be installed\"}" \
      "${GITHUB_API_URL:-https://api.github.com}/repos/$GITHUB_REPOSITORY/statuses/$EXPFLOW_HEAD" || true
}

# Sets $python to the first Python 3.10 or newer on PATH.
find_python() {
  local name
  for name in python3 python python3.14 python3.13 python3.12 python3.11 python3.10; do
    python="$(command -v "$name")" || continue
    if "$python" -I -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null; then
      return
    fi
  done
  fail 4 "no Python 3.10 or newer on PATH; add a step before this one: - uses: actions/setup-python@v6"
}

venv_python() {
  python="$venv/bin/python"
  if [ -d "$venv/Scripts" ]; then
    python="$venv/Scripts/python.exe"
  fi
}

has_modules() {
  "$python" -I -c 'import importlib.util as u, sys; sys.exit(not all(map(u.find_spec, sys.argv[1:])))' \
    click msgspec requests yaml
}

install() {
  venv_python
  # A second use in the same job finds it made; the copy of the lock is written last, so a torn install is made anew.
  if [ -x "$python" ] && cmp -s "$lock" "$venv/requirements.lock"; then
    return
  fi
  find_python
  # pip starts a Python of its own, which -I does not reach; and it must install into the environment made here.
  unset PYTHONPATH PYTHONHOME PIP_TARGET PIP_PREFIX PIP_ROOT
  export PIP_USER=0
  rm -rf "$venv"
  "$python" -I -m venv --without-pip "$venv" ||
    fail 4 "$python cannot make a virtual environment; on Debian add the step: - run: apt-get install -y python3-venv"
  local pip=("$python" -I -m pip --python "$venv")
  # The pip at hand (22.3 or newer) installs into it: giving it one of its own takes longer than all else here.
  if ! "$python" -I -c 'import pip, sys; sys.exit([*map(int, pip.__version__.split(".")[:2])] < [22, 3])' 2>/dev/null; then
    venv_python
    pip=("$python" -I -m pip)
    "$python" -I -m ensurepip >/dev/null ||
      fail 4 "no pip for $python; on Debian add the step: - run: apt-get install -y python3-venv"
  fi
  "${pip[@]}" install --quiet --disable-pip-version-check --no-input \
    --require-hashes --only-binary :all: --requirement "$lock" ||
    fail 4 "the locked wheels could not be installed: pip says why above; docs/enterprise.md is on closed networks"
  venv_python
  has_modules ||
    fail 4 "pip installed elsewhere: take target, prefix, root and user out of its configuration for this job"
  cp "$lock" "$venv/requirements.lock"
}

case "${EXPFLOW_INSTALL:-auto}" in
  auto) prepare=install choose=venv_python ;;
  skip) prepare=find_python choose=find_python ;;
  *) fail 2 "input install: must be auto or skip; such as install: auto" ;;
esac

if [ "$step" = install ]; then
  rm -f "$failed"
  "$prepare"
else
  if [ -f "$failed" ]; then
    read -r code said < "$failed"
    fail "$code" "$said"
  fi
  "$choose"
  has_modules || fail 4 "$python lacks what requirements.lock names: take install: auto, or install it into this Python"
  exec "$python" -I -B "$GITHUB_ACTION_PATH/expflow_hooks/__main__.py" action
fi
