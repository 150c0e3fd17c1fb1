"""One file for each noun that has pages. A page is: parse, one command or question, render."""
