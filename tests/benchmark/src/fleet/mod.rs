//! A fleet of secrets that rotate in one window, in virtual time.
//!
//! ```text
//! options ─► scenario ─► simulation: a task for each secret ─► figures ─► report
//! rotation = Secrets Manager's side ─► lambda (environments) ─► the function ─► account (rates) ─► simulated AWS
//! ```

mod account;
mod bucket;
mod figures;
mod lambda;
mod memory;
mod options;
mod plots;
mod report;
mod rotation;
mod run;
mod scenario;
mod simulation;
mod window;

#[cfg(test)]
mod tests;

pub use self::options::Options;
pub use self::run::run;
