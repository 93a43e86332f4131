from pathlib import Path

from PIL import Image
from tests.cli.processes import greenroom

from greenroom.cli.exit_code import ExitCode


def test_the_demo_leaves_its_picture_and_says_how_to_go_on(tmp_path):
    done = greenroom("demo", "--output-dir", tmp_path)
    assert done.code == ExitCode.OK, done.err
    assert "Blur a copy" in done.err
    assert "serve" in done.out
    (picture,) = tmp_path.glob("dusk*.png")
    assert str(picture) in done.out
    with Image.open(picture) as image:
        assert image.size == (1536, 1024)


def test_the_demo_fails_when_it_cannot_write_its_picture(tmp_path):
    (tmp_path / "file").touch()
    done = greenroom("demo", "--output-dir", Path(tmp_path / "file" / "out"))
    assert done.code == ExitCode.STORAGE
    assert "Error:" in done.err
