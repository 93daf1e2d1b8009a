"""Comments pasted or written as plain text or Markdown: what separates them, who wrote them."""
