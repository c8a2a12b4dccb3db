#!/bin/sh
# answers.sh ADDRESS SLOTS [arguments of curl]
#
# Asks at ADDRESS each slot that the file SLOTS names, and the health port after it. Prints one line a port, to compare with
# those of another address: port, path, status, content type of a slot's answer, exit code of curl. A slot of a TCP app is
# asked in HTTP too: its instance answers that in its own way, whoever stands before it.
# Exits with 1 when a port refuses the connection, or when there is nothing to ask.

address=$1
slots=$2
shift 2
exit_code=0

ask() {
  port=$1
  path=$2
  format=$3
  shift 3
  answer=$(curl -s -o /dev/null --max-time 5 -w "$format" "$@" "http://$address:$port$path")
  code=$?
  echo "$port $path $answer, curl $code"
  if [ "$code" = 7 ]; then
    echo "answers.sh: $address:$port refuses the connection" >&2
    exit_code=1
  fi
}

if ! [ -s "$slots" ]; then
  echo "answers.sh: $slots names no slots" >&2
  exit 1
fi
while read -r slot; do
  ask "$slot" / '%{http_code} %{content_type}' "$@" </dev/null
  ask "$((slot + 1))" /health-check '%{http_code}' "$@" </dev/null
done <"$slots"
exit $exit_code
