"""The process `consumer`, also as `python -m consumer`: most live for a moment, with a person waiting."""

import gc
import sys

gc.set_threshold(50_000)  # looking for garbage while modules load takes time and finds none; what lives on still looks

from consumer.cli import main  # noqa: E402

if __name__ == "__main__":
    sys.exit(main())
