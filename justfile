# Short names; every one of them is a command that works without `just`.

# Start the service with everything embedded
run *args:
    cargo run -- serve {{args}}

# Play the whole life of a course, and check it
demo *args:
    cargo run -- demo {{args}}

# All tests
test:
    scripts/test

# What needs a real Keycloak, which is brought once
e2e:
    scripts/e2e

# Ten minutes of random operations, faults and kills on two replicas; just soak 60 for a minute
soak seconds="600":
    SOAK_SECONDS={{seconds}} cargo test --workspace --test real soak -- --nocapture

# Ten thousand seeds of the simulation; just simulate --seed 42 --trace for one of them
simulate *args="--seeds 10000":
    cargo run --quiet --profile simulation -p course-seats-simulation -- {{args}}

# One round of the kill -9 test, as it was told: just kill 123456
kill seed:
    KILL_SEED={{seed}} cargo test --workspace --test kill -- --nocapture

# How fast it is, in a release build: each figure against a bound; just bench assign lists, or
# just bench --smoke
bench *args:
    cargo run --release -p course-seats-benches -- {{args}}

# Where the service spends its time on the CPU while figures are taken; just profile reads
profile *figures:
    scripts/profile {{figures}}

# Everything that must be green
ci:
    .ci/run

fmt:
    cargo fmt --all

lint:
    cargo clippy --workspace --all-targets -- -D warnings

# The documentation of the crates
doc:
    RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps

# Accept the OpenAPI document as it is now: look at the diff before you commit it
openapi:
    INSTA_UPDATE=always cargo test --workspace --test http the_document_as_it_is
