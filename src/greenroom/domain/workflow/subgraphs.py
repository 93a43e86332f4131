"""Subgraph definitions: ids unique over all of them, and an order with the inner ones first."""

from collections.abc import Mapping
from dataclasses import replace

from greenroom.domain.json import JsonObject, JsonValue
from greenroom.domain.workflow.ui_graph import UiGraph, UiLink, UiNode, UiScope
from greenroom.domain.workflow.unreadable import unreadable


def with_unique_ids(graph: UiGraph) -> UiGraph:
    """The graph with every node id that an earlier definition or the root uses replaced.

    The new ids count on from the last one, as the editor gives them: execution ids such as
    `1:10:8` depend on it.
    """
    if not graph.subgraphs:
        return graph
    used = {node.id for node in graph.root.nodes if node.numbered}
    last = graph.last_node_id
    renamed: dict[str, Mapping[str, str]] = {}
    for scope in graph.subgraphs.values():
        names: dict[str, str] = {}
        for node in scope.nodes:
            if not node.numbered:
                continue
            if node.id not in used:
                used.add(node.id)
                last = max(last, int(node.id))
                continue
            last += 1
            while str(last) in used:
                last += 1
            names[node.id] = str(last)
            used.add(str(last))
        if names:
            renamed[scope.id] = names
    if not renamed:
        return graph
    return UiGraph(
        root=_renamed(graph.root, {}, renamed),
        subgraphs={
            scope.id: _renamed(scope, renamed.get(scope.id, {}), renamed)
            for scope in graph.subgraphs.values()
        },
        last_node_id=last,
        group_nodes=graph.group_nodes,
    )


def inner_first(graph: UiGraph) -> list[UiScope]:
    """Every definition in use, each after those it uses; INVALID_GRAPH when one holds itself."""
    order: list[UiScope] = []
    done: set[str] = set()
    opened: set[str] = set()
    waiting = [(graph.root, False)]
    while waiting:
        scope, finished = waiting.pop()
        if finished:
            opened.discard(scope.id)
            if scope.id not in done and scope is not graph.root:
                done.add(scope.id)
                order.append(scope)
            continue
        if scope.id in opened and scope is not graph.root:
            raise unreadable(f"subgraph {scope.name!r} contains itself", subgraph_id=scope.id)
        opened.add(scope.id)
        waiting.append((scope, True))
        kinds = {node.type for node in scope.nodes} & graph.subgraphs.keys()
        waiting.extend((graph.subgraphs[kind], False) for kind in kinds - done)
    return order


def _renamed(
    scope: UiScope, names: Mapping[str, str], renamed: Mapping[str, Mapping[str, str]]
) -> UiScope:
    nodes = tuple(_renamed_node(node, names, renamed.get(node.type, {})) for node in scope.nodes)
    if not names:
        return replace(scope, nodes=nodes)
    links = {link.id: _renamed_link(link, names) for link in scope.links.values()}
    return replace(scope, nodes=nodes, links=links)


def _renamed_node(node: UiNode, names: Mapping[str, str], inner: Mapping[str, str]) -> UiNode:
    entries = node.properties.get("proxyWidgets")
    properties = node.properties
    if inner and isinstance(entries, list):
        entries = [_renamed_entry(entry, inner) for entry in entries]
        properties = {**properties, "proxyWidgets": entries}
    return replace(node, id=names.get(node.id, node.id), properties=properties)


def _renamed_entry(entry: JsonValue, inner: Mapping[str, str]) -> JsonValue:
    if not isinstance(entry, list) or not entry:
        return entry
    return [inner.get(str(entry[0]), entry[0]), *entry[1:]]


def _renamed_link(link: UiLink, names: Mapping[str, str]) -> UiLink:
    return replace(
        link,
        origin=names.get(link.origin, link.origin),
        target=names.get(link.target, link.target),
    )


def proxy_entries(properties: JsonObject) -> list[tuple[str, str]]:
    """The promotions of an older file: (inner node id, widget name), in their saved order."""
    entries = properties.get("proxyWidgets")
    found: list[tuple[str, str]] = []
    for entry in entries if isinstance(entries, list) else ():
        if isinstance(entry, list) and len(entry) >= 2:
            found.append((str(entry[0]), str(entry[1])))
        else:
            found.append(("", ""))
    return found
