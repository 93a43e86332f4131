"""Which picture or film of a run is the best."""

from greenroom.domain.media import best_of


def _item(name, subfolder="", kind="output"):
    return {"filename": name, "subfolder": subfolder, "type": kind}


def test_films_come_before_pictures():
    best = best_of({"1": {"images": [_item("a.png")]}, "2": {"gifs": [_item("b.mp4")]}})
    assert best.first.filename == "b.mp4"
    assert [one.filename for one in best.images] == ["a.png"]


def test_a_film_among_the_images_is_a_film():
    outputs = {"1": {"images": [_item("a.mp4")], "animated": [True]}}
    assert [one.filename for one in best_of(outputs).videos] == ["a.mp4"]


def test_final_files_come_before_previews_and_those_before_what_was_made_on_the_way():
    final, preview = _item("f.png", "d/final"), _item("p.png", "d/preview")
    between, temporary = _item("i.mp4", "d/intermediate"), _item("t.png", kind="temp")
    everything = {"1": {"images": [preview, temporary]}, "2": {"gifs": [between]}}
    assert best_of({**everything, "3": {"images": [final]}}).first.filename == "f.png"
    assert best_of(everything).first.filename == "p.png"
    assert best_of({"2": {"gifs": [between]}}).first.filename == "i.mp4"


def test_texts_and_numbers_are_no_media():
    outputs = {"1": {"text": ["hello"], "images": "no list"}, "2": "no node", "3": {"images": [1]}}
    assert best_of(outputs).first is None
