//! Storms that are drawn: whatever strikes, the engine keeps its laws.
