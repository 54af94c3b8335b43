//! Watching AWSCURRENT's key after every call (P1), and doing things in between.

use std::sync::{Arc, Mutex};

use sandbox::aws::{AWSCURRENT, Aws, Call};
use sandbox::setup::Setup;

/// What is to happen once, after the next call of an action.
pub type After = Arc<Mutex<Option<(String, Box<dyn FnOnce() + Send>)>>>;

pub type Watch = Arc<Mutex<Watched>>;

/// What is known about the keys that AWSCURRENT gives out.
pub struct Watched {
    /// All usable keys before the call.
    pub usable: Vec<String>,
    /// Whether AWSCURRENT gave out one of them.
    pub works: bool,
    pub broken: Vec<String>,
    /// Whether a person moves labels. Then a key that is being taken away can become AWSCURRENT's, and works again at
    /// the end.
    pub people: bool,
}

impl Watched {
    /// The present state.
    pub fn of(aws: &Aws, arn: &str) -> Self {
        let usable = usable(aws);
        Self {
            works: usable.iter().any(|id| gives_out(aws, arn, id)),
            usable,
            broken: Vec::new(),
            people: false,
        }
    }

    /// Checks the state after a call.
    fn look(&mut self, aws: &Aws, arn: &str, call: &Call) {
        let now = Self::of(aws, arn);
        let mut gone = self.usable.iter().filter(|id| !now.usable.contains(id));
        let dead = gone.find(|id| gives_out(aws, arn, id));
        if !self.people && (dead.is_some() || (self.works && !now.works)) {
            let dead = dead.map_or("no key that works", String::as_str);
            let broken = format!("AWSCURRENT gives out {dead} after {call:?}");
            self.broken.push(broken);
        }
        (self.usable, self.works) = (now.usable, now.works);
    }
}

/// After every call, checks that each key that AWSCURRENT gives out still works, if it did before.
pub fn watch(aws: &Aws, arn: &str, after: After) -> Watch {
    let watch = Arc::new(Mutex::new(Watched::of(aws, arn)));
    let (watched, seen, arn) = (watch.clone(), aws.clone(), arn.to_owned());
    aws.on_call(move |call| {
        watched.lock().unwrap().look(&seen, &arn, call);
        let due = after
            .lock()
            .unwrap()
            .take_if(|(action, _)| *action == call.action);
        if let Some((_, then)) = due {
            then();
        }
    });
    watch
}

/// Whether one of the keys that AWSCURRENT gives out works.
pub fn current_works(aws: &Aws, arn: &str) -> bool {
    Watched::of(aws, arn).works
}

/// Whether a key's id stands in AWSCURRENT's text, whatever its layout.
pub fn gives_out(aws: &Aws, arn: &str, id: &str) -> bool {
    let view = aws.secret(arn);
    let current = view.as_ref().and_then(|view| view.with_label(AWSCURRENT));
    current.is_some_and(|version| {
        version
            .content
            .as_ref()
            .is_some_and(|held| held.gives_out(id))
    })
}

fn usable(aws: &Aws) -> Vec<String> {
    let keys = aws.user_keys(&Setup::default().username);
    let usable = keys.into_iter().filter(|key| key.usable);
    usable.map(|key| key.id).collect()
}
