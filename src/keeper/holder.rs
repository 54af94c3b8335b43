//! What a secret has to do with an access key that somebody named, or that AWS reported.

use crate::key::access_key::AccessKeyId;
use crate::rotation::context::Run;
use crate::rotation::deletion::previous_key;
use crate::rotation::problem::Problem;

/// What a secret has to do with a key, the closest last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Relation {
    /// The secret is of the key's user.
    SameUser,
    /// AWSPREVIOUS holds the key, or one of the function's marks names it.
    Held,
    /// AWSCURRENT or AWSPENDING gives the key out.
    GivesOut,
}

/// Reads the secret. `user` is the key's user, if IAM says so. Returns None if the secret has nothing to do with the key.
pub(crate) async fn relation(
    run: &Run<'_>,
    key: &AccessKeyId,
    user: Option<&str>,
) -> Result<Option<Relation>, Problem> {
    let watched = run.read_watched().await?;
    let staged = &watched.staged;
    if run.gives_out(staged, key).await? {
        return Ok(Some(Relation::GivesOut));
    }
    let marks = &watched.timeline.marks;
    let marked = marks
        .exposed()
        .chain(marks.removing())
        .any(|marked| marked == key);
    if marked || previous_key(run, staged).await?.as_ref() == Some(key) {
        return Ok(Some(Relation::Held));
    }
    let name = staged.current.username();
    let same = user.is_some_and(|user| user.eq_ignore_ascii_case(name));
    Ok(same.then_some(Relation::SameUser))
}
