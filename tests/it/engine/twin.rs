//! A naive twin of the engine, which must tell the same story.
