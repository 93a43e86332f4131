"""Every setting of Config as an option of a command, so that the two cannot differ."""

import inspect
from collections.abc import Callable
from dataclasses import fields
from typing import Annotated, Any, get_args, get_type_hints

import typer

from greenroom.config import Config


def option_name(setting: str) -> str:
    return "--" + setting.replace("_", "-")


def with_settings(command: Callable[..., None]) -> Callable[..., None]:
    """Give `command(config, **own)` one option for each setting, and build its Config from them."""

    def run(**given: Any) -> None:
        settings = {entry.name: given.pop(entry.name) for entry in fields(Config)}
        command(Config.from_environment(**settings), **given)

    own = [
        parameter
        for parameter in inspect.signature(command, eval_str=True).parameters.values()
        if parameter.name != "config"
    ]
    parameters = [*_setting_parameters(), *own]
    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined] # how Typer reads a command
    run.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    run.__name__ = command.__name__
    run.__doc__ = command.__doc__
    return run


def _setting_parameters() -> list[inspect.Parameter]:
    hints = get_type_hints(Config, include_extras=True)
    return [_parameter(entry.name, entry.default, hints[entry.name]) for entry in fields(Config)]


def _parameter(name: str, default: object, hint: Any) -> inspect.Parameter:
    kind, text = get_args(hint)
    shown = "" if default is None or default is False else f" [default: {default}]"
    option = typer.Option(option_name(name), help=f"{_sentence(text)}.{shown}", show_default=False)
    return inspect.Parameter(
        name,
        inspect.Parameter.POSITIONAL_OR_KEYWORD,
        default=None,
        annotation=Annotated[kind | None, option],
    )


def _sentence(text: str) -> str:
    """With a capital letter, unless it starts with something to be typed."""
    return text if "://" in text.split(maxsplit=1)[0] else text[0].upper() + text[1:]
