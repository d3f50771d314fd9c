"""What a Docker build sends, to the byte, without building: for other packages, too.

    from paystack_cli.context import measure, open_build

    build = open_build("services/shop")     # Dockerfile and ignore file found as docker finds them
    build.sent().bytes                      # exactly what BuildKit's client transfers
    measure(build.root, build.rules).saved  # what each rule keeps out, in one walk

Nothing here prints, asks or needs an engine. Errors are ContextRefused and IgnoreFileRefused for
what the engine itself refuses, NotMeasurable for what cannot be known from here.
"""

from paystack_cli.context.build import Build, open_build
from paystack_cli.context.builder import Builder
from paystack_cli.context.errors import ContextRefused, NotMeasurable
from paystack_cli.context.ignore_file import IgnoreFileRefused, Rule
from paystack_cli.context.measurement import Amount, Measurement, measure
from paystack_cli.context.sent import Sent

__all__ = [
    "Amount",
    "Build",
    "Builder",
    "ContextRefused",
    "IgnoreFileRefused",
    "Measurement",
    "NotMeasurable",
    "Rule",
    "Sent",
    "measure",
    "open_build",
]
