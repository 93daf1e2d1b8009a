"""What is written inside a comment: HTML to text, and the parts of a text that its author did not write."""
