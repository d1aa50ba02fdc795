"""Dialogs. Inside one the letters are the dialog's own; esc always leaves without harm."""
