//! The run of one schedule: the account, the processes, and what has happened so far.

use std::future::poll_fn;
use std::task::Poll;
use std::time::{Duration, SystemTime};

use sandbox::aws::Aws;

use super::asked::is_asked_by;
use super::history::{Asked, History, Seen, Wakes, answered, asked, changes_something, woken};
use super::process::{Ended, Process, Script, Status};
use super::trace::{Trace, of_one};
use super::watching::Keepers;
use crate::keeper::watch::Watched;
use crate::watch::{After, Watch, watch};
use crate::world::World;

/// What a run starts from.
pub struct Begun {
    pub world: World,
    /// The secrets that are watched.
    pub arns: Vec<String>,
    pub scripts: Vec<Script>,
    /// What the keeper is held to, if it is among the processes.
    pub kept: Option<Watched>,
}

/// What the scheduler can do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Choice {
    /// Let in the call of this process that waits at the gate.
    Call(usize),
    /// Let time pass until a process continues by itself.
    Time,
}

/// How far a schedule has come. Two schedules at the same place have the same future.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Place {
    pub account: History,
    pub now: Duration,
    pub processes: Vec<History>,
    /// How often a call of each process was held back while time passed, if that is limited, and whether the one that
    /// waits now was.
    pub held: Vec<(u8, bool)>,
    /// Whose call came last, and how often a process was stopped for another although it could have continued.
    pub switched: (Option<usize>, u8),
}

pub struct Run {
    pub begun: Begun,
    pub place: Place,
    pub trace: Trace,
    processes: Vec<Process>,
    heard: Vec<usize>,
    /// Each process's last call.
    last: Vec<String>,
    watches: Vec<Watch>,
    keepers: Option<Keepers>,
    /// The account's history.
    changes: History,
    began: SystemTime,
    user: String,
}

impl Run {
    pub fn new(begun: Begun, seen: &mut Seen) -> Self {
        let aws = &begun.world.aws;
        let watches = begun.arns.iter();
        let watches = watches.map(|arn| watch(aws, arn, After::default()));
        let mut scripts = begun.scripts.iter();
        seen.rotates = scripts.position(Script::is_asked);
        if begun.kept.is_some() {
            seen.judged.get_or_insert_default();
        }
        let kept = begun.kept.as_ref();
        let mut run = Self {
            watches: watches.collect(),
            keepers: kept.map(|kept| Keepers::new(aws, kept, &begun.scripts)),
            processes: begun
                .scripts
                .iter()
                .enumerate()
                .map(|(number, script)| Process::start(aws, number, script.clone()))
                .collect(),
            place: Place {
                account: History::EMPTY,
                now: Duration::ZERO,
                processes: Vec::new(),
                held: vec![(0, false); begun.scripts.len()],
                switched: (None, 0),
            },
            heard: vec![0; begun.scripts.len()],
            last: vec![String::new(); begun.scripts.len()],
            trace: Trace::new(&begun),
            changes: History::EMPTY,
            began: begun.world.now(),
            user: begun.world.prepared.username.clone(),
            begun,
        };
        run.place.account = run.account(seen);
        for number in 0..run.processes.len() {
            let history = seen.then(History::EMPTY, &run.script(number));
            run.place.processes.push(history);
            let status = run.processes[number].status();
            seen.statuses.insert(history, status);
        }
        run
    }

    pub async fn perform(&mut self, choice: Choice, seen: &mut Seen) {
        match choice {
            Choice::Call(number) => self.call(number, seen),
            Choice::Time => self.time(seen).await,
        }
        for watch in &self.watches {
            let broken = watch.lock().unwrap().broken.clone();
            assert!(broken.is_empty(), "P1: {broken:?}\n{}", self.trace);
        }
        let broken: Vec<_> = self.keepers.iter().flat_map(Keepers::broken).collect();
        assert!(broken.is_empty(), "{broken:#?}\n{}", self.trace);
    }

    /// Runs one process to its end, while no other runs.
    pub async fn alone(&mut self, number: usize, seen: &mut Seen) {
        let _ = self.some(number, usize::MAX, seen).await;
    }

    /// Runs one process for so many calls, and says whether it has ended.
    pub async fn some(&mut self, number: usize, calls: usize, seen: &mut Seen) -> bool {
        // After a pause, the clock is ahead of the last event.
        self.place.now = self.now();
        let mut made = 0;
        loop {
            let choice = match self.processes[number].status() {
                Status::Over | Status::Unasked => return true,
                Status::Gated(_) if made == calls => return false,
                Status::Gated(_) => Choice::Call(number),
                Status::Asleep => Choice::Time,
            };
            made += usize::from(choice == Choice::Call(number));
            self.perform(choice, seen).await;
        }
    }

    fn now(&self) -> Duration {
        let now = self.begun.world.now().duration_since(self.began);
        now.unwrap()
    }

    fn call(&mut self, number: usize, seen: &mut Seen) {
        let now = self.place.now;
        let process = &mut self.processes[number];
        let call = process.gate.waiting().unwrap();
        process.gate.open();
        process.go_on();
        let answer = process.gate.take_answer().unwrap();
        self.trace.call(now, number, &call, &answer);

        if changes_something(&call) && answer.starts_with("200 ") {
            let change = format!("{now:?} {call} {answer}");
            self.changes = seen.then(self.changes, &change);
        }
        if let Some(keepers) = &mut self.keepers {
            keepers.look(&self.begun.world.aws, number);
        }
        let before = self.place.account;
        if let Some(judged) = &mut seen.judged
            && changes_something(&call)
        {
            judged.insert((before, self.place.processes[number]));
        }
        self.place.account = self.account(seen);
        let answers = (answer, self.place.account);
        let known = Asked::new(before, now, &call);
        let known = seen.answers.insert(known, answers.clone());
        assert!(known.is_none_or(|known| known == answers), "{}", self.trace);
        let rotates = is_asked_by(&call, &answers.0);
        self.last[number] = call;
        self.moved(number, answered(now, &answers.0), seen);
        if let Some(rotator) = seen.rotates
            && rotates
        {
            self.processes[rotator].go_on();
            self.moved(rotator, asked(now, answers.1), seen);
        }
    }

    async fn time(&mut self, seen: &mut Seen) {
        let moved = loop {
            self.tick().await;
            let processes = self.processes.iter_mut();
            let moved: Vec<_> = processes.map(Process::wake).collect();
            if moved.contains(&true) {
                break moved;
            }
        };
        let now = self.now();
        assert!(now > self.place.now, "{}", self.trace);
        self.place.now = now;
        for (number, moved) in moved.into_iter().enumerate() {
            let history = self.place.processes[number];
            if moved {
                self.trace.woken(now, number);
                seen.wakes.insert(history, Wakes::At(now));
                self.moved(number, woken(now), seen);
            } else if !matches!(seen.wakes.get(&history), Some(Wakes::At(_))) {
                seen.wakes.insert(history, Wakes::After(now));
            }
        }
    }

    /// Lets time pass until one of the processes wakes.
    async fn tick(&self) {
        poll_fn(|context| {
            for process in &self.processes {
                process.watch(context.waker());
            }
            match self.processes.iter().any(Process::is_woken) {
                true => Poll::Ready(()),
                false => Poll::Pending,
            }
        })
        .await;
    }

    /// Records what an event led a process to.
    fn moved(&mut self, number: usize, event: String, seen: &mut Seen) {
        let before = self.place.processes[number];
        let process = &self.processes[number];
        let ended = process.ended();
        for result in &ended[self.heard[number]..] {
            let said = format!("{result:?}");
            self.begun.world.hear(&said);
            self.trace.ended(self.place.now, number, result);
            if let Some(keepers) = &mut self.keepers {
                keepers.end(number);
            }
        }
        let status = process.status();
        let history = if ended.len() == self.heard[number] {
            seen.then(before, &event)
        } else {
            // The function keeps nothing between two invocations, so earlier responses no longer matter.
            self.heard[number] = ended.len();
            let results: Vec<_> = ended.iter().map(outcome).collect();
            let now = match status {
                Status::Over => None,
                _ => Some(self.place.now),
            };
            let asked = process.asked.told();
            let event = format!("{} {results:?} {now:?} {asked}", self.script(number));
            seen.then(History::EMPTY, &event)
        };
        self.place.processes[number] = history;
        if matches!(&status, Status::Gated(call) if *call == self.last[number]) {
            seen.polls.insert(history);
        }
        let known = seen.moves.insert((before, event), history);
        assert!(known.is_none_or(|known| known == history), "{}", self.trace);
        let known = seen.statuses.insert(history, status.clone());
        assert!(known.is_none_or(|known| known == status), "{}", self.trace);
    }

    /// Two processes with the same script differ in their marks.
    fn script(&self, number: usize) -> String {
        format!("{number} {:?}", self.begun.scripts[number])
    }

    /// How often a process did what no look of its could have kept it from.
    pub fn excused(&self) -> usize {
        self.keepers.as_ref().map_or(0, Keepers::excused)
    }

    pub fn results(&self) -> Vec<Vec<Ended>> {
        self.processes.iter().map(Process::ended).collect()
    }

    /// The account is identified by the changes made to it, and by what it recorded besides them.
    fn account(&self, seen: &mut Seen) -> History {
        let keys = self.aws().user_keys(&self.user).into_iter();
        let uses: Vec<_> = keys.map(|key| (key.id, key.last_used)).collect();
        seen.then(self.changes, &format!("{uses:?}"))
    }

    pub fn aws(&self) -> &Aws {
        &self.begun.world.aws
    }
}

/// How an invocation ended, in a word.
pub fn outcome(result: &Ended) -> String {
    match result {
        Ok(answer) => of_one(answer)["outcome"]
            .as_str()
            .unwrap_or_default()
            .to_owned(),
        Err(error) => error.error_type.clone(),
    }
}
