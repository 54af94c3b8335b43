//! The rotations that RotateSecret asks for, until Secrets Manager carries them out.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::sync::{Arc, Mutex};
use std::task::{Poll, Waker};

use sandbox::aws::Aws;

/// The tokens of the rotations that wait to be carried out.
#[derive(Clone, Debug, Default)]
pub struct Asked(Arc<Mutex<Inside>>);

#[derive(Debug, Default)]
struct Inside {
    tokens: VecDeque<String>,
    /// Those that were taken up.
    taken: Vec<String>,
    waker: Option<Waker>,
}

impl Asked {
    /// Takes up what is asked for from now on.
    pub fn hear(&self, aws: &Aws) {
        let asked = self.clone();
        aws.on_rotate(move |request| {
            let mut inside = asked.0.lock().unwrap();
            inside.tokens.push_back(request.token);
            let waker = inside.waker.take();
            drop(inside);
            if let Some(waker) = waker {
                waker.wake();
            }
        });
    }

    /// Waits until a rotation is asked for, and takes its token.
    pub async fn next(&self) -> String {
        poll_fn(|context| {
            let mut inside = self.0.lock().unwrap();
            match inside.tokens.pop_front() {
                Some(token) => {
                    inside.taken.push(token.clone());
                    Poll::Ready(token)
                }
                None => {
                    inside.waker = Some(context.waker().clone());
                    Poll::Pending
                }
            }
        })
        .await
    }

    /// Whether a process waits for the next one.
    pub fn is_awaited(&self) -> bool {
        self.0.lock().unwrap().waker.is_some()
    }

    /// Those that were taken up, and those that wait, as a text.
    pub fn told(&self) -> String {
        let inside = self.0.lock().unwrap();
        format!("{:?}, {:?}", inside.taken, inside.tokens)
    }
}

/// Whether Secrets Manager carries out a rotation after this response to a call. If one is not complete, it carries out
/// that one (fact 5).
pub fn is_asked_by(call: &str, answer: &str) -> bool {
    call.contains(".RotateSecret")
        && (answer.starts_with("200 ") || answer.contains("will be reattempted"))
}
