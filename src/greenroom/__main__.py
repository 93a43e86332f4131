"""`python -m greenroom`: the same as the command `greenroom`."""

from greenroom.cli.main import main

if __name__ == "__main__":
    main()
