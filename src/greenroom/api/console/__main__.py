"""Write the OpenAPI description of the console API to standard output."""

import json
import sys
from typing import cast

from greenroom.api.console.openapi import description
from greenroom.api.console.routes import endpoints
from greenroom.api.console.stream import Stream
from greenroom.api.settings import EdgeSettings
from greenroom.service.services import Services


def main() -> None:
    # The table alone is read: no handler runs, so no service is asked for.
    nothing = cast("Services", _Nothing())
    table = endpoints(nothing, Stream(nothing), EdgeSettings())
    sys.stdout.write(json.dumps(description(table), indent=1) + "\n")


class _Nothing:
    nodes = None


main()
