//! The month of a key, from the rotation that replaces it to the one that deletes it.

use std::time::Duration;

use sandbox::aws::UseRecord;
use sandbox::rotation::{Function, RotateOptions, rotate};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep, sleep_until};

use super::consumer::Consumer;
use super::{DAY, Stage, introduce};
use crate::cli::Cli;
use crate::steps::wrap;
use crate::table::{Cell, render};
use crate::view::{self, DIM, GOOD, WARN};
use crate::{Failed, INTERVAL_DAYS};

/// The time between two of the keeper's runs, as the template schedules them.
const HOUR: Duration = Duration::from_secs(60 * 60);
/// How long after its time the key is still used, and how long after its retirement a person wants it back.
const LATE: Duration = Duration::from_secs(2 * 24 * 60 * 60);

/// Shows on which days a key changes, and who changes it.
///
/// # Errors
/// If the function or the keeper fails, or the consumer can't read the secret.
pub(super) async fn show(cli: &Cli, stage: Stage) -> Result<(), Failed> {
    let days = stage.retire_after.as_secs_f64() / DAY.as_secs_f64();
    let settings = format!("RETIRE_AFTER={days} days; it runs each hour");
    introduce(cli, &stage, "The month of a key", &settings);
    let mut month = Month::begin(stage)?;
    let result = month.run().await;
    month.tell();
    if result.is_ok() {
        month.tell_end();
    }
    result
}

struct Month {
    stage: Stage,
    consumer: Consumer,
    began: Instant,
    hours: u32,
    /// When the keeper first retired the key, and whether a person has had it back.
    retired: Option<Duration>,
    undone: bool,
    /// Every key that there was, oldest first.
    keys: Vec<String>,
    rows: Vec<Row>,
    /// What the keeper said first of each of its outcomes.
    said: Vec<(String, String)>,
}

/// A time in which the same happened to the keys again and again.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Row {
    first: Duration,
    last: Duration,
    times: u32,
    who: &'static str,
    what: String,
    lives: Vec<String>,
}

impl Month {
    fn begin(stage: Stage) -> Result<Self, Failed> {
        stage.aws.record_uses_late(UseRecord::default());
        let arn = stage.prepared.secret_arn.clone();
        let keeps = stage.retire_after + LATE;
        let consumer = Consumer::new(&stage.aws, &arn, "consumer", keeps)?;
        let keys = vec![stage.current_key()?];
        Ok(Self {
            stage,
            consumer,
            began: Instant::now(),
            hours: 0,
            retired: None,
            undone: false,
            keys,
            rows: Vec::new(),
            said: Vec::new(),
        })
    }

    /// The two rotations, and everything between them.
    async fn run(&mut self) -> Result<(), Failed> {
        self.rotate().await?;
        let interval = DAY * INTERVAL_DAYS;
        while self.now() + HOUR < interval {
            self.next_hour().await?;
        }
        sleep_until(self.began + interval).await;
        self.rotate().await?;
        // By now a key that was deleted is refused.
        sleep(super::REMOVAL_SPREADS).await;
        self.consumer_calls().await
    }

    fn now(&self) -> Duration {
        self.began.elapsed()
    }

    /// The scheduled rotation. The consumer calls before it.
    async fn rotate(&mut self) -> Result<(), Failed> {
        self.consumer_calls().await?;
        let Stage {
            aws,
            rotator,
            prepared,
            ..
        } = &mut self.stage;
        let options = RotateOptions::default();
        rotate(aws, rotator, &prepared.secret_arn, options, &mut |_| {})
            .await
            .map_err(|failed| failed.to_string())?;
        self.add("the schedule", "rotates the secret");
        Ok(())
    }

    /// The next hour: the consumer calls, the keeper runs, and a person may want the key back.
    async fn next_hour(&mut self) -> Result<(), Failed> {
        self.hours += 1;
        sleep_until(self.began + HOUR * self.hours).await;
        self.consumer_calls().await?;
        let outcome = self.keeper(json!({"Action": "retire"})).await?;
        if outcome == "retired" && self.retired.is_none() {
            self.retired = Some(self.now());
        }
        self.add("the keeper", &format!("retire: {outcome}"));
        let long_enough = self.retired.is_some_and(|at| self.now() >= at + LATE);
        if long_enough && !self.undone {
            self.undone = true;
            let secret = &self.stage.prepared.secret_arn;
            let undo = json!({"Action": "undo", "SecretId": secret});
            let outcome = self.keeper(undo).await?;
            self.add("a person", &format!("undo: {outcome}"));
        }
        Ok(())
    }

    /// The consumer calls, with a key that it read before or with another one.
    async fn consumer_calls(&mut self) -> Result<(), Failed> {
        let held = self.consumer.holds().map(str::to_owned);
        self.consumer.call().await?;
        if held.is_some() && self.consumer.holds() != held.as_deref() {
            self.add("the consumer", "reads the secret again");
        }
        Ok(())
    }

    /// Invokes the keeper, and returns its outcome.
    async fn keeper(&mut self, event: Value) -> Result<String, Failed> {
        let answer = self.stage.keeper.invoke(event).await;
        let answer = answer.map_err(|error| error.to_string())?;
        let text = |name: &str| {
            let text = answer["secrets"][0][name].as_str();
            text.unwrap_or_default().to_owned()
        };
        let outcome = text("outcome");
        if self.said.iter().all(|(known, _)| *known != outcome) {
            self.said.push((outcome.clone(), text("message")));
        }
        // Whatever spreads has arrived when the next one acts.
        sleep(super::REMOVAL_SPREADS).await;
        Ok(outcome)
    }

    fn add(&mut self, who: &'static str, what: &str) {
        let account = self.stage.account();
        let new = account.key_ids().filter(|key| !self.keys.contains(*key));
        let new: Vec<_> = new.cloned().collect();
        self.keys.extend(new);
        let lives = self.keys.iter().map(|key| match account.status(key) {
            None => "deleted".to_owned(),
            Some(_) => account.life(key),
        });
        let row = Row {
            first: self.now(),
            last: self.now(),
            times: 1,
            who,
            what: what.to_owned(),
            lives: lives.collect(),
        };
        match self.rows.last_mut().filter(|last| last.is_like(&row)) {
            Some(last) => {
                last.last = row.last;
                last.times += 1;
            }
            None => self.rows.push(row),
        }
    }

    fn tell(&self) {
        view::heading("The keys");
        for (number, key) in (1..).zip(&self.keys) {
            view::print(&format!("  Key {number}   {key}\n"));
        }
        view::heading("What happened");
        view::print(&rows_table(&self.rows));
        view::heading("In the keeper's words");
        for (outcome, message) in &self.said {
            let indent = 16;
            view::print(&format!("  {outcome:<14}{}\n", wrap(message, indent)));
        }
    }

    fn tell_end(&self) {
        let refused = self.consumer.refused();
        let calls = self.consumer.uses.len();
        let end = self.rows.last().map(|row| row.lives.clone());
        let end = end.and_then(|lives| lives.into_iter().next());
        view::print(&format!(
            "\n{GOOD}The month is over.{GOOD:#} {} is {}. Calls of its consumer: {calls}, refused: {refused}.\n",
            self.keys.first().map_or("", String::as_str),
            end.unwrap_or_default(),
        ));
    }
}

impl Row {
    fn is_like(&self, other: &Self) -> bool {
        (self.who, &self.what, &self.lives) == (other.who, &other.what, &other.lives)
    }
}

/// Whole days since the beginning.
fn day(time: Duration) -> u64 {
    time.as_secs() / DAY.as_secs()
}

fn rows_table(rows: &[Row]) -> String {
    let known: Vec<String> = Vec::new();
    let mut before = &known;
    let mut lines = Vec::new();
    for row in rows {
        let life = |index: usize| {
            let is = row.lives.get(index).map_or("", String::as_str);
            let was = before.get(index).map_or("", String::as_str);
            let style = match is == was {
                true => DIM,
                false if is.contains("Active") && !is.contains("Inactive") => GOOD,
                false => WARN,
            };
            Cell::new(is).style(style)
        };
        let days = match (day(row.first), day(row.last)) {
            (first, last) if first == last => first.to_string(),
            (first, last) => format!("{first} to {last}"),
        };
        let times = match row.times {
            1 => String::new(),
            times => times.to_string(),
        };
        lines.push([
            Cell::new(days),
            Cell::new(row.who),
            Cell::new(row.what.clone()),
            Cell::new(times),
            life(0),
            life(1),
            life(2),
        ]);
        before = &row.lives;
    }
    let header = ["DAY", "WHO", "WHAT", "TIMES", "KEY 1", "KEY 2", "KEY 3"];
    render(2, header, &lines)
}
