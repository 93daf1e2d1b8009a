"""The assistants' door: tools that an AI assistant calls (Model Context Protocol). Needs the extra `mcp`."""
