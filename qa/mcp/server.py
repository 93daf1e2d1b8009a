"""The tools and resources of one index, in the protocol's terms; errors are told as the command line tells them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

from mcp import MCPError, types
from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel import Server
from mcp.shared.uri_template import UriTemplate

import qa
from qa.errors import QAError, UsageError
from qa.mcp.counter import INSTRUCTIONS, Counter, Offer
from qa.render import dump_json, error_lines
from qa.web.limits import Gate, Limits, Refused

Result = TypeVar("Result")
Context = ServerRequestContext[Any, Any]
Page = types.PaginatedRequestParams | None

_COMMENT = UriTemplate.parse("comment://{comment_id}")
_READ_ONLY = types.ToolAnnotations(
    read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=False
)


def create_server(counter: Counter, limits: Limits) -> Server[Any]:
    """Return the server of an index; a transport has yet to carry it."""
    offers = {offer.name: offer for offer in counter.offers()}
    gate = Gate(limits)

    async def list_tools(context: Context, page: Page) -> types.ListToolsResult:
        return types.ListToolsResult(tools=[_tool(offer) for offer in offers.values()])

    async def call_tool(context: Context, call: types.CallToolRequestParams) -> types.CallToolResult:
        try:
            if call.name not in offers:
                raise UsageError(f"no tool is called {call.name!r}; known: {', '.join(offers)}")
            work = partial(offers[call.name].work, call.arguments or {})
            found = await _done(gate, context, work)
        except QAError as error:
            return types.CallToolResult(content=[types.TextContent(text=error_lines(error))], is_error=True)
        text = types.TextContent(text=dump_json(found, indent=None))
        return types.CallToolResult(content=[text], structured_content=_sendable(found))

    async def list_resources(context: Context, page: Page) -> types.ListResourcesResult:
        return types.ListResourcesResult(resources=[])

    async def list_templates(context: Context, page: Page) -> types.ListResourceTemplatesResult:
        return types.ListResourceTemplatesResult(resource_templates=[_TEMPLATE])

    async def read_resource(context: Context, wanted: types.ReadResourceRequestParams) -> types.ReadResourceResult:
        try:
            found = await _done(gate, context, partial(counter.comment, _comment_id(wanted.uri)))
        except QAError as error:
            raise MCPError(types.INVALID_PARAMS, error_lines(error)) from error
        text = types.TextResourceContents(uri=wanted.uri, mime_type="application/json", text=dump_json(found))
        return types.ReadResourceResult(contents=[text])

    return Server(
        "qa",
        version=qa.__version__,
        title="Ask your comments",
        instructions=INSTRUCTIONS,
        on_list_tools=list_tools,
        on_call_tool=call_tool,
        on_list_resources=list_resources,
        on_list_resource_templates=list_templates,
        on_read_resource=read_resource,
    )


_TEMPLATE = types.ResourceTemplate(
    name="comment",
    title="A comment",
    uri_template=_COMMENT.template,
    description="A comment amid its thread, by the comment_id that the tools give (percent-encoded).",
    mime_type="application/json",
)


def _tool(offer: Offer) -> types.Tool:
    return types.Tool(
        name=offer.name,
        title=offer.title,
        description=offer.description,
        input_schema=offer.arguments.model_json_schema(),
        output_schema=offer.result.model_json_schema(),
        annotations=_READ_ONLY,
    )


async def _done(gate: Gate, context: Context, work: Callable[[], Result]) -> Result:
    """Do the work when its turn comes. Raises: QAError."""
    client = getattr(context.request, "client", None)
    try:
        return await gate.run(work, client.host if client else "")
    except Refused as error:
        raise QAError(f"{error.fact}; come back in {error.retry_after_s} s") from error
    except OSError as error:
        raise QAError(f"the operating system refuses: {error.strerror or error}", "qa verify") from error


def _comment_id(uri: str) -> str:
    """Return what a comment's address names. Raises: UsageError."""
    found = _COMMENT.match(uri)
    if not found:
        raise UsageError(f"{uri!r} is not of the form {_COMMENT.template}, percent-encoded", "qa list")
    return str(found["comment_id"])


def _sendable(value: Any) -> Any:
    """Put U+FFFD for half a surrogate pair, which has no UTF-8; the length of a text stays."""
    if isinstance(value, str):
        return value if value.isascii() else value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    if isinstance(value, dict):
        return {name: _sendable(one) for name, one in value.items()}
    return [_sendable(one) for one in value] if isinstance(value, list) else value
