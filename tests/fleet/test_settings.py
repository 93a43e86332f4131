"""How ComfyUIs are named in settings."""

import pytest

from greenroom import fleet
from greenroom.config import Config
from greenroom.domain.errors import AppError
from greenroom.domain.scheduling.fleet import Slot
from greenroom.domain.worker import lasting_id, worker_url
from greenroom.service.node_info import NodeInfo
from greenroom.service.workers import Workers


def test_several_comfyuis_stand_in_one_variable_with_commas(monkeypatch):
    monkeypatch.setenv("GREENROOM_COMFYUI", "http://a:8188, b:8188,")
    assert Config.from_environment().comfyui == ["http://a:8188", "b:8188"]
    assert Config.from_environment(comfyui=[]).comfyui == ["http://a:8188", "b:8188"]
    assert Config.from_environment(comfyui=["c:1"]).comfyui == ["c:1"]


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("127.0.0.1:8188", "http://127.0.0.1:8188"),
        ("http://box:8188/", "http://box:8188"),
        ("https://box/comfy", "https://box/comfy"),
        ("[::1]:8188", "http://[::1]:8188"),
    ],
)
def test_an_address_is_kept_in_one_form(given, kept):
    assert worker_url(given) == kept


@pytest.mark.parametrize("given", ["", "ftp://box", "http://", "http://box:x", "http://box:99999"])
def test_what_is_no_address_of_a_comfyui_is_refused(given):
    with pytest.raises(AppError):
        worker_url(given)


def test_a_worker_has_one_id_for_its_address_on_each_server():
    assert lasting_id("http://a", "") == lasting_id("http://a", "")
    assert len({lasting_id(url, home) for url in ("http://a", "http://b") for home in "xy"}) == 4


async def test_a_comfyui_for_partner_nodes_alone_leaves_the_rest_to_the_built_in_engine(
    database, monkeypatch
):
    async def nothing(_url):
        return False

    monkeypatch.setattr(fleet.discovery, "found", nothing)
    wish = fleet.Wish(network_urls=("a:8188",), builtin=2)
    made = await fleet.plan(wish, Workers(database, NodeInfo()), "")
    assert [member.slot for member in made.members] == [Slot.NETWORK]
    assert made.builtin == 2
    assert str(made) == "ComfyUI at http://a:8188 (partner nodes) and built in, 2 at once"


@pytest.mark.parametrize(
    "settings",
    [
        {"engine": "gpu"},
        {"on_restart": "forget"},
        {"provider": "cloud", "provider_start": "start"},
        {"provider": "process"},
        {"provider": "command", "provider_start": "start"},
        {"provider": "process", "provider_start": "start", "launch": "start"},
        {"proxy_path": ["DELETE view"]},
    ],
)
def test_a_choice_that_does_not_exist_is_refused(settings):
    with pytest.raises(AppError):
        Config.from_environment(**settings)
