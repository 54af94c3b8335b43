//! How fast the function starts, compared with other functions, and how a fleet of secrets rotates.

pub mod cold_start;
pub mod fleet;
pub mod plot;
pub mod table;
