#!/usr/bin/env bash
# The domain crate knows no runtime, framework or driver, nor a clock or a source of entropy: fails
# if its dependency tree holds one, however deep.
set -euo pipefail
cd "$(dirname "$0")/.."

# Another package may be named, to see the check fail.
package=${1:-course-seats-domain}
banned='
    tokio tokio-util async-std async-executor async-io smol mio polling futures-executor
    actix actix-rt actix-web actix-http axum warp rocket tower hyper h2 http
    diesel diesel-async libsqlite3-sys rusqlite sqlx postgres tokio-postgres deadpool
    reqwest ureq isahc curl lettre rustls native-tls openssl socket2
    clap tracing-subscriber utoipa
    iana-time-zone getrandom rand
'
# Whatever is named after a runtime or framework belongs to it.
families='^(tokio|actix|async-std|hyper|diesel|sqlx|deadpool|axum|tower|reqwest|rustls)(-.*)?$'

tree=$(cargo tree -p "$package" -e normal --prefix none --format '{p}')
crates=$(awk '{ print $1 }' <<<"$tree" | sort -u)
[ -n "$crates" ] || { echo "cargo tree names no crates" >&2; exit 1; }

found=$(comm -12 <(tr -s '[:space:]' '\n' <<<"$banned" | sed '/^$/d' | sort -u) <(echo "$crates"))
found+=$'\n'$(grep -E "$families" <<<"$crates" || true)
found=$(sed '/^$/d' <<<"$found" | sort -u)

echo "$package depends on $(($(wc -l <<<"$crates") - 1)) crates:"
grep -vx "$package" <<<"$crates" | sed 's/^/  /'
if [ -n "$found" ]; then
    echo "of which these have no place in a pure domain:" >&2
    sed 's/^/  /' <<<"$found" >&2
    echo "cargo tree -p $package -e normal -i <crate> shows who brings one in" >&2
    exit 1
fi
echo "none of them is a runtime, framework, driver, clock or source of entropy"
