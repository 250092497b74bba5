#!/bin/sh
# What CI runs in this repository. It needs git and awsprof, and no service of its own.
#
#   ./ci.sh check      for each push: is the team file valid? Exit code 1 if it has errors.
#   ./ci.sh accounts   each night: ask AWS for the accounts and roles. If they are not those of
#                      accounts.toml, push the branch "accounts", for a pull request.
#   ./ci.sh drift      each night on a machine that uses the profiles, such as a build host: exit
#                      code 1 if they differ from the file that was applied there.
set -eu
cd "$(dirname "$0")"

case "${1:-}" in
check)
  awsprof team check .
  ;;
accounts)
  awsprof team generate
  if git diff --quiet -- accounts.toml; then
    exit 0
  fi
  awsprof team check .
  git --no-pager diff -- accounts.toml
  git switch --quiet --force-create accounts
  git commit --quiet --message "Accounts and roles as AWS lists them" -- accounts.toml
  git push --quiet --force origin accounts
  ;;
drift)
  awsprof team diff
  ;;
*)
  echo "usage: $0 check|accounts|drift" >&2
  exit 2
  ;;
esac
