//! The integration tests, in one binary.

<<<<<<< HEAD
mod figures;
=======
mod bully;
>>>>>>> bully
mod layers;
mod lints;
mod luck_golden;
mod luck_statistics;
mod sources;
mod tidy;
