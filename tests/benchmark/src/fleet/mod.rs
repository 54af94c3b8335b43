//! A fleet of secrets that rotate in one window, and that the keeper looks after, in virtual time.
//!
//! ```text
//! options ─► scenario ─► simulation: a task for each secret ─► figures ─► report
//! keeper = an account with the whole fleet ─► the keeper, each hour ─► account (rates) ─► keeper report
//! rotation = Secrets Manager's side ─► lambda (environments) ─► the function ─► account (rates) ─► simulated AWS
//! ```

mod account;
mod bucket;
mod figures;
mod keeper;
mod keeper_report;
mod keeper_run;
mod lambda;
mod members;
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
