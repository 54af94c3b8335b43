//! Watching AWSCURRENT's key after every call (P1), and doing things in between.

use std::sync::{Arc, Mutex};

use sandbox::aws::{AWSCURRENT, Aws};
use sandbox::setup::Setup;

/// What is to happen once, behind the next call of an action.
pub type After = Arc<Mutex<Option<(String, Box<dyn FnOnce() + Send>)>>>;

pub type Watch = Arc<Mutex<Watched>>;

/// What is known of AWSCURRENT's key.
pub struct Watched {
    pub works: bool,
    pub broken: Vec<String>,
}

/// After every call, sees that AWSCURRENT's key works if it did before.
pub fn watch(aws: &Aws, arn: &str, after: After) -> Watch {
    let watch = Arc::new(Mutex::new(Watched {
        works: current_works(aws, arn),
        broken: Vec::new(),
    }));
    let (watched, seen, arn) = (watch.clone(), aws.clone(), arn.to_owned());
    aws.on_call(move |call| {
        let mut state = watched.lock().unwrap();
        let works = current_works(&seen, &arn);
        if state.works && !works {
            state
                .broken
                .push(format!("AWSCURRENT's key is dead after {call:?}"));
        }
        state.works = works;
        drop(state);
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

/// Whatever the layout: one of the users' usable keys stands in AWSCURRENT's text.
pub fn current_works(aws: &Aws, arn: &str) -> bool {
    let view = aws.secret(arn);
    let current = view.as_ref().and_then(|view| view.with_label(AWSCURRENT));
    let text = current.and_then(|version| version.content.as_ref()?.as_text());
    let user = aws.user_keys(&Setup::default().username);
    text.is_some_and(|text| user.iter().any(|key| key.usable && text.contains(&key.id)))
}
