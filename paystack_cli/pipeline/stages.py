"""The stages, as in the Jenkinsfile; a test holds the two against each other.

Only `checkout` is missing, for here the working tree is what is built.
"""

from paystack_cli.pipeline.model import Parallel, Sequence, Stage

PIPELINE: tuple[Stage | Parallel, ...] = (
    Stage("Prepare", "bash scripts/prepare", limit_min=10),
    Parallel(
        "Build and Test",
        (
            Stage("Frontend", "bash scripts/frontend", limit_min=10),
            Sequence(
                "Backend",
                (
                    Stage("Wheels", "bash scripts/artefacts", limit_min=5),
                    Stage("Lint", "bash scripts/test lint format contracts", limit_min=5),
                    Stage("Types", "bash scripts/test types", limit_min=5),
                    Stage("Unit Tests", "bash scripts/test unit", limit_min=10),
                ),
            ),
            Stage("Contexts", "bash scripts/contexts", limit_min=5),
        ),
    ),
    Stage("Images", ".venv/bin/paystack build", limit_min=15, engines=frozenset({"compose"})),
    Stage("Up", ".venv/bin/paystack up", limit_min=5),
    Stage(
        "Wait for Services",
        ".venv/bin/paystack health --timeout 120 --junit reports/health.xml",
        limit_min=3,
    ),
    Stage("Smoke Test", ".venv/bin/paystack smoke --junit reports/smoke.xml", limit_min=2),
    Stage(
        "Circuit Breaker Test",
        "bash scripts/test-circuit-breaker.sh --junit reports/breaker.xml",
        limit_min=6,
    ),
    Parallel(
        "Gates",
        (
            Stage("Verify", ".venv/bin/paystack verify --junit reports/verify.xml", limit_min=5),
            Stage("Outbox", ".venv/bin/paystack outbox status --max-age 30", limit_min=2),
            Stage(
                "Dead Letters",
                ".venv/bin/paystack dlq inspect --since 1h --max-dead 0",
                limit_min=2,
            ),
        ),
    ),
)

SKIP = "bash scripts/skip-ci"
"""Asked first; exit code 0 means that the commit is not to be built."""

EVIDENCE = Stage("Evidence", "bash scripts/evidence", limit_min=5)
"""Run afterwards whatever the stages did."""

CLEAN_UP = Stage("Clean Up", ".venv/bin/paystack down --volumes --yes", limit_min=3)
"""Run last of all when it is asked for."""
