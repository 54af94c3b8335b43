//! What a test sees of the account behind the API.

use aws_credential_types::Credentials;

use super::roles::Session;
use super::state::State;
use super::users::user_arn;
use super::{ACCOUNT, Aws, Call, KEEPER_ROLE, KEEPER_SESSION, KeyView, SecretView};

impl Aws {
    /// The credentials of the function's execution role.
    #[must_use]
    pub fn role_credentials(&self) -> Credentials {
        self.state().role.credentials()
    }

    /// The credentials of the keeper's execution role.
    #[must_use]
    pub fn keeper_credentials(&self) -> Credentials {
        let mut state = self.state();
        let State { keeper, ids, .. } = &mut *state;
        let session = keeper.get_or_insert_with(|| Session::of(ids, KEEPER_ROLE, KEEPER_SESSION));
        session.credentials()
    }

    /// Credentials that may do everything, to set up through the API.
    #[must_use]
    pub fn operator_credentials(&self) -> Credentials {
        self.state().operator.credentials()
    }

    /// A user's ARN, path included.
    #[must_use]
    pub fn user_arn(&self, name: &str) -> String {
        let state = self.state();
        let user = state.user(name);
        user.map_or_else(|| user_arn(ACCOUNT, "/", name), |user| user.arn())
    }

    /// A user's access keys, by the user's name or ARN, in order of creation: those that exist, whatever ListAccessKeys
    /// shows so far.
    #[must_use]
    pub fn user_keys(&self, name: &str) -> Vec<KeyView> {
        let now = self.now();
        let state = self.state();
        let keys = state
            .user(name)
            .into_iter()
            .flat_map(|user| user.existing_keys());
        keys.map(|key| key.view(now)).collect()
    }

    /// Whether a request signed with this pair would be accepted now.
    #[must_use]
    pub fn authenticates(&self, id: &str, secret: &str) -> bool {
        let now = self.now();
        let state = self.state();
        let key = state.key(id);
        key.is_some_and(|(_, key)| key.is_usable(now) && key.secret.reveal() == secret)
    }

    /// The secret of an access key.
    #[must_use]
    pub fn secret_of(&self, id: &str) -> Option<String> {
        let state = self.state();
        state.key(id).map(|(_, key)| key.secret.reveal().to_owned())
    }

    /// A secret by its ARN or name.
    #[must_use]
    pub fn secret(&self, arn: &str) -> Option<SecretView> {
        self.state().secret(arn).map(|secret| secret.view())
    }

    /// The body of the last request.
    #[must_use]
    pub fn last_request(&self) -> String {
        String::from_utf8_lossy(&self.state().last_request).into_owned()
    }

    /// Every API call so far.
    #[must_use]
    pub fn calls(&self) -> Vec<Call> {
        self.state().calls.clone()
    }

    /// Every secret access key, session token and RotationToken ever made, and the SMTP passwords of the keys in each
    /// Region that was asked for. None of them may appear in any output.
    #[must_use]
    pub fn confidential(&self) -> Vec<String> {
        let state = self.state();
        let made = state.ids.confidential().map(str::to_owned);
        made.chain(state.smtp_passwords()).collect()
    }
}
