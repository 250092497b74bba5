"""The one way in which anything is changed: a Change, shown, applied all or nothing, undoable."""
