"""The model's life: which version is the champion, and how it is used, watched and trained again."""
