"""Which processes of this machine belong to a stack, asked of the kernel and not of `paystack`."""

import psutil

from tests.support.stack import PAYSTACK, StackUnderTest


def processes_of(stack: StackUnderTest) -> list[psutil.Process]:
    """Those that name the stack's state folder in command line, working folder or environment.

    A `paystack` command that is under way is not one of them.
    """
    mark = str(stack.state_dir)
    found = []
    for process in psutil.process_iter():
        try:
            command, folder, environment = process.cmdline(), process.cwd(), process.environ()
        except psutil.Error:
            continue
        if str(PAYSTACK) in command:
            continue
        if any(mark in trace for trace in (*command, folder, *environment.values())):
            found.append(process)
    return found
