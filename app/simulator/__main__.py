"""The simulator without the rest of the command line, as `process.started` starts it: in a blink."""

import sys

from app.simulator.process import run_as_told

run_as_told(sys.argv[1])
