#!/usr/bin/env bash
# The pipeline's stage "Circuit Breaker Test". Options are those of: paystack breaker test --help
set -euo pipefail
cd "$(dirname "$0")/.."
exec .venv/bin/paystack breaker test "$@"
