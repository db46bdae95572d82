"""What a running gateway leaves behind: nothing of the content, whatever happens to it."""
