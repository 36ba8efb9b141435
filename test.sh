#!/usr/bin/env bash
# Checks every module of the tree, as CI does: format, tidiness, vet, staticcheck,
# tests under the race detector, a few seconds of each fuzz target, and the
# programs that are shown to users. It needs Go and fetches the rest itself.
#
#	./test.sh              everything
#	./test.sh -short       the tests' short form, and no fuzzing
#	FUZZTIME=1m ./test.sh  fuzz each target for a minute
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

staticcheck=honnef.co/go/tools/cmd/staticcheck@v0.8.2
fuzztime=${FUZZTIME:-3s}
short=
for arg; do
	case $arg in
	-short) short=-short ;;
	*) sed -n '2,/^set/s/^#[[:space:]]\{0,1\}//p' "$0" >&2; exit 2 ;;
	esac
done

# step runs a command in a directory and says how long it took. The first one that
# fails ends the run. No command sees this script's input.
step() {
	local dir=$1 what=$2 began=$SECONDS
	shift 2
	printf '\n==> %s: %s\n' "$dir" "$what"
	if (cd "$dir" && "$@") </dev/null; then
		printf '    ok after %d s\n' $((SECONDS - began))
	else
		printf '\ntest.sh: FAILED in %s: %s\n' "$dir" "$what" >&2
		exit 1
	fi
}

formatted() {
	local files
	files=$(gofmt -l .) || return
	[ -z "$files" ] || { printf 'not formatted, run gofmt -w on:\n%s\n' "$files"; return 1; }
}

# tests shows what verbose tests say (why one is skipped, how much a random one
# covered) without a line for each that passes.
tests() {
	go test $race $short -v ./... 2>&1 |
		sed -E '/^(=== |[[:space:]]*--- PASS|PASS$|\?[[:space:]])/d'
}

# fuzz_targets prints "package-directory target" for each target of a module.
fuzz_targets() {
	local dir file
	(cd "$1" && go list -f '{{$d := .Dir}}{{range .TestGoFiles}}{{$d}} {{.}}{{println}}{{end}}{{range .XTestGoFiles}}{{$d}} {{.}}{{println}}{{end}}' ./...) |
		while read -r dir file; do
			sed -nE "s|^func (Fuzz[A-Za-z0-9_]+)\(.*|$dir \1|p" "$dir/$file"
		done
}

# fuzz runs one target. Until Go 1.27 the end of -fuzztime may be reported as a
# failure (go.dev/issue/75804); a real one writes the input that failed.
fuzz() {
	local out
	if out=$(go test -run '^$' -fuzz "^$1\$" -fuzztime "$fuzztime" -fuzzminimizetime 1x . 2>&1); then
		awk '/execs:/ { last = $0 } END { print last }' <<<"$out"
	elif grep -qx '    context deadline exceeded' <<<"$out" && ! grep -q 'Failing input' <<<"$out"; then
		echo '    stopped by its deadline, nothing found'
	else
		printf '%s\n' "$out"
		return 1
	fi
}

# compared runs a program and compares what it prints with testdata/want.txt.
compared() {
	local out
	out=$(go run .) || return
	diff -u testdata/want.txt - <<<"$out"
}

readme_program() {
	awk '/^```go$/ { on = ++n == 1; next } /^```$/ { on = 0 } on' README.md >"$scratch/main.go" &&
		go vet "$scratch/main.go" && go run "$scratch/main.go"
}

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

race=-race
if [ "$(go env CGO_ENABLED)" != 1 ] && [ "$(go env GOOS)" != darwin ]; then
	[ -z "${CI:-}" ] || { echo 'test.sh: the race detector needs a C compiler, and CI needs the race detector' >&2; exit 1; }
	echo 'No C compiler here: the tests run without the race detector.'
	race=
fi

step . 'gofmt' formatted
modules=$(find . -name node_modules -prune -o -name testdata -prune -o -name go.mod -print | sed 's|/go.mod$||' | sort)
for module in $modules; do
	step "$module" 'go mod tidy -diff' go mod tidy -diff
	step "$module" 'go vet' go vet ./...
	step "$module" 'staticcheck' go run "$staticcheck" ./...
	step "$module" "go test${race:+ $race}${short:+ $short}" tests
	[ -z "$short" ] || continue
	targets=$(fuzz_targets "$module")
	while read -r dir target; do
		[ -z "$target" ] || step ".${dir#"$PWD"}" "$target for $fuzztime" fuzz "$target"
	done <<<"$targets"
done
for want in examples/*/testdata/want.txt; do
	dir=${want%/testdata/want.txt}
	step "$dir" 'go run, compared with testdata/want.txt' compared
done
step . "the README's first program" readme_program
printf '\ntest.sh: all passed in %d s\n' "$SECONDS"
