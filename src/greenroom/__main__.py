"""`greenroom` and `python -m greenroom`: load the commands and run the one that is asked for."""

import gc

_GARBAGE_BEFORE_A_LOOK = 50_000


def main() -> None:
    # What a start makes lives as long as the process: to look through it for garbage again and
    # again would be a tenth of the start.
    gc.set_threshold(_GARBAGE_BEFORE_A_LOOK)
    from greenroom.cli.main import main as run  # noqa: PLC0415 - the start itself

    run()


if __name__ == "__main__":
    main()
