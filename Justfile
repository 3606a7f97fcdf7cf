# List what there is
default:
    @just --list

# The product on this machine, up to a restored database that answers a query
demo *args:
    cargo run -p e2e -- demo {{args}}

# Every check: formatting, lints, tests, and the behaviours on a cluster
test *args:
    cargo run -p e2e -- test {{args}}

# The behaviours on the cluster alone, or those whose name contains FILTER
e2e *filter: images
    cargo test -p e2e --features cluster --test '*' -- {{filter}}

# The proxy between real kopia and real MinIO in containers, or those tests whose name contains FILTER
neighbours *filter:
    cargo run -p e2e -- neighbours {{filter}}

# Make damaged and sound copies of real servers, and show what is said of each
detection *filter:
    cargo test -q -p agent --features real-postgres --test detection -- {{filter}}

# The same and the agent's other tests on other versions, such as 13,18, in images that are made if need be
detection-on majors *filter:
    cargo run -p e2e -- detection --majors {{majors}} {{filter}}

# What each test does in part, in full: a million simulated steps of operators; of the proxy, ten million signatures, two
# thousand cuts of each kind, a thousand rotations
long-runs:
    PGRO_SIM_STEPS=1000000 cargo test -p operator --test simulation -- --nocapture
    PGRO_TEST_SIGNATURES=10000000 cargo test --release -p proxy --lib two_judges -- --nocapture
    PGRO_TEST_CUT_PACKS=150 cargo test --release -p proxy --test behaviour arrives_whole -- --nocapture
    cargo test --release -p proxy --test behaviour thousand_rotations -- --nocapture

# What the operator costs with REPLICAS replicas: memory, CPU, writes, cold start
bench-operator replicas="10000":
    cargo bench -p operator --bench scale -- {{replicas}}

# Put every file into its one format
fmt:
    cargo fmt --all

# What `test` holds against the sources before it runs anything
lint:
    cargo fmt --all --check
    cargo clippy --workspace --all-targets --all-features -- -D warnings

# What the proxy costs, beside reading directly and a program that only copies bytes
bench-proxy:
    cargo bench -p proxy --bench proxy

# What a restore by the agent through the proxy costs, beside kopia alone
bench-restore:
    cargo run -p e2e -- bench-restore

# What preparing and checking a copy of MIB costs, beside a plain dump of it
bench-prepare mib="1024":
    cargo bench -p agent --features real-postgres --bench prepare -- {{mib}}

# Build pgro's images and put them into the cluster
images:
    cargo run -p e2e -- images

# Make the cluster, or find that it is there
cluster-up:
    cargo run -p e2e -- cluster up

# Remove the cluster
cluster-down:
    cargo run -p e2e -- cluster down
