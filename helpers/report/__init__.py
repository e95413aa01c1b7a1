"""From executed notebooks to a typeset report."""
