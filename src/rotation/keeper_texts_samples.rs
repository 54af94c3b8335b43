//! Each problem that only the keeper finds, for the test of all texts.

use crate::key::revocation::NotRevoked;
use crate::key::undoing::NotUndone;
use crate::rotation::error_texts::tests::{SECRET, failure, key};
use crate::rotation::keeper_config::Watches;
use crate::rotation::keeper_problem::KeeperProblem;
use crate::rotation::problem::Problem;

/// What only the keeper finds, and the actions of the commands.
pub(crate) fn of_the_keeper() -> Vec<(Problem, &'static [&'static str])> {
    let user = || "al+ice".to_owned();
    let undone = |reason| KeeperProblem::NotUndone {
        user: user(),
        reason,
    };
    let revoked = |reason| KeeperProblem::NotRevoked {
        user: user(),
        reason,
    };
    let watches = |watches| KeeperProblem::SecretNotOurs { watches };
    let unknown = |user| KeeperProblem::KeyUnknown { key: key(), user };
    let list = &["list-access-keys"][..];
    let status = &["update-access-key"][..];
    let problems: Vec<(KeeperProblem, &'static [&'static str])> = vec![
        (watches(Watches::One(SECRET.to_owned())), &[]),
        (watches(Watches::Fleet("blue".to_owned())), &[]),
        (unknown(Some(user())), status),
        (unknown(None), &[]),
        (
            KeeperProblem::KeyOfAnotherSecret {
                key: key(),
                secret: SECRET.to_owned(),
            },
            &[],
        ),
        (KeeperProblem::NoKey, &[]),
        (KeeperProblem::RotationUnderWay, &["describe-secret"]),
        (undone(NotUndone::NothingRetired { keys: vec![] }), list),
        (
            undone(NotUndone::NotTheUsers {
                key: key(),
                keys: vec![],
            }),
            list,
        ),
        (undone(NotUndone::Active { key: key() }), list),
        (
            undone(NotUndone::DeactivatedByOthers { key: key() }),
            status,
        ),
        (
            undone(NotUndone::Revoked { key: key() }),
            &["describe-secret", "update-access-key"],
        ),
        (
            revoked(NotRevoked::OfTheSource { key: key() }),
            &["get-access-key-last-used"],
        ),
        (
            revoked(NotRevoked::NotTheUsers {
                key: key(),
                keys: vec![],
            }),
            list,
        ),
        (
            KeeperProblem::Quarantined {
                user: user(),
                policy: String::new(),
                key: key(),
            },
            &["rotate-secret"],
        ),
        (
            KeeperProblem::NotRotated {
                key: key(),
                cut_off: false,
                why: Box::new(failure()),
            },
            &["rotate-secret"],
        ),
        (
            KeeperProblem::StillExposed {
                key: key(),
                waited: std::time::Duration::ZERO,
            },
            &["describe-secret"],
        ),
    ];
    let problems = problems.into_iter();
    problems
        .map(|(problem, actions)| (Problem::from(problem), actions))
        .collect()
}
