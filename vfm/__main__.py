"""python -m vfm is the command vfm."""

from vfm.cli import main

if __name__ == "__main__":
    main()
