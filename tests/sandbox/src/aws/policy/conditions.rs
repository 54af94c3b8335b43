//! The conditions of a statement: those that the shipped policies use, on values of the request and of what it is about.

#[cfg(test)]
mod tests;

use serde_json::Value;

use super::{PolicyError, matches, object, strings};

/// The condition keys that a request can have a value for.
const KEYS: [&str; 6] = [
    "aws:ResourceTag/iam-key-rotator",
    "secretsmanager:ModifyRotationRules",
    "secretsmanager:RotationLambdaARN",
    "secretsmanager:VersionStage",
    "secretsmanager:resource/AllowRotationLambdaArn",
    "sts:ExternalId",
];

/// The operators, and what each asks. No key has several values, so `ForAnyValue` changes nothing.
const OPERATORS: [(&str, Test); 7] = [
    ("Bool", Test::OneOf),
    ("ForAnyValue:StringEquals", Test::OneOf),
    ("ForAnyValue:StringLike", Test::LikeOneOf),
    ("Null", Test::Absent),
    ("StringEquals", Test::OneOf),
    ("StringLike", Test::LikeOneOf),
    ("StringNotEquals", Test::NoneOf),
];

/// What a condition asks of the value of a key.
#[derive(Clone, Copy, Debug)]
enum Test {
    OneOf,
    /// With the wildcards `*` and `?`.
    LikeOneOf,
    /// A key that is absent is none of them (fact 62).
    NoneOf,
    /// The value says whether it must be.
    Absent,
}

/// What a statement asks of a request.
#[derive(Clone, Debug)]
pub(super) struct Condition {
    key: String,
    test: Test,
    values: Vec<String>,
}

impl Condition {
    /// Reads the element Condition. All of it must hold.
    pub(super) fn parse_all(condition: &Value) -> Result<Vec<Self>, PolicyError> {
        let condition = object(condition, &OPERATORS.map(|(operator, _)| operator))?;
        let mut conditions = Vec::new();
        for (operator, test) in OPERATORS {
            let Some(tests) = condition.get(operator) else {
                continue;
            };
            let tests = object(tests, &KEYS)?;
            for key in tests.keys() {
                conditions.push(Self {
                    key: key.clone(),
                    test,
                    values: strings(tests, key)?,
                });
            }
        }
        if conditions.is_empty() {
            return Err(PolicyError("an empty Condition".to_owned()));
        }
        Ok(conditions)
    }

    /// Whether it holds for the keys that a request has a value for.
    pub(super) fn holds(&self, context: &[(&str, &str)]) -> bool {
        let value = context.iter().find(|(key, _)| *key == self.key);
        let value = value.map(|(_, value)| *value);
        let is = |test: fn(&str, &str) -> bool| {
            value.is_some_and(|value| self.values.iter().any(|one| test(one, value)))
        };
        match self.test {
            Test::OneOf => is(|one, value| one == value),
            Test::LikeOneOf => is(|one, value| matches(one.as_bytes(), value.as_bytes())),
            Test::NoneOf => !is(|one, value| one == value),
            Test::Absent => {
                let absent = value.is_none().to_string();
                self.values.contains(&absent)
            }
        }
    }
}
