//! The ids and secrets that the simulation makes: not random, and each made only once.
//!
//! Whatever must not leak carries a marker, so that one search through a log finds every leak.

use std::fmt;

/// A string that must not appear in any output.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Confidential(String);

impl Confidential {
    pub(super) fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Confidential {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("***")
    }
}

/// The one maker of ids and secrets.
#[derive(Clone, Debug, Default)]
pub(super) struct Ids {
    count: u64,
    confidential: Vec<Confidential>,
}

impl Ids {
    /// An id in IAM's format: a prefix such as `AKIA` and 16 characters of base 32.
    pub(super) fn iam_id(&mut self, prefix: &str) -> String {
        const DIGITS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
        let mut rest = self.next();
        let tail: String = (0..9)
            .map(|_| {
                let digit = DIGITS[(rest % 32) as usize];
                rest /= 32;
                char::from(digit)
            })
            .collect();
        format!("{prefix}SANDBOX{tail}")
    }

    /// A secret access key: 40 characters.
    pub(super) fn secret_access_key(&mut self) -> Confidential {
        let secret = format!("SANDBOXSECRETKEY{}", self.hex(24));
        self.keep(secret)
    }

    pub(super) fn session_token(&mut self) -> Confidential {
        let token = format!("SANDBOXSESSIONTOKEN{}", self.hex(64));
        self.keep(token)
    }

    /// An external id, which is part of the secret's value and must not be in a log.
    pub(super) fn external_id(&mut self) -> Confidential {
        let id = format!("SANDBOXEXTERNALID{}", self.hex(16));
        self.keep(id)
    }

    /// A RotationToken: 36 to 256 characters (fact 8).
    pub(super) fn rotation_token(&mut self) -> Confidential {
        let token = format!("SANDBOXROTATIONTOKEN{}", self.hex(32));
        self.keep(token)
    }

    /// An id in the format of a UUID.
    pub(super) fn uuid(&mut self) -> String {
        let hex = self.hex(32);
        let (a, b, c, d, e) = (
            &hex[..8],
            &hex[8..12],
            &hex[13..16],
            &hex[17..20],
            &hex[20..],
        );
        format!("{a}-{b}-4{c}-a{d}-{e}")
    }

    /// Also keeps a string that was made elsewhere from something confidential.
    pub(super) fn keep_also(&mut self, secret: &str) {
        if !self.confidential().any(|kept| kept == secret) {
            self.keep(secret.to_owned());
        }
    }

    /// Everything confidential made so far.
    pub(super) fn confidential(&self) -> impl Iterator<Item = &str> {
        self.confidential.iter().map(Confidential::reveal)
    }

    fn keep(&mut self, secret: String) -> Confidential {
        let secret = Confidential(secret);
        self.confidential.push(secret.clone());
        secret
    }

    fn hex(&mut self, digits: usize) -> String {
        let mut hex = String::new();
        while hex.len() < digits {
            hex.push_str(&format!("{:016x}", self.next()));
        }
        hex.truncate(digits);
        hex
    }

    /// The next of a sequence of distinct numbers that look unlike each other (SplitMix64).
    fn next(&mut self) -> u64 {
        self.count += 1;
        let mut mixed = self.count.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

/// The ARN of a secret: the name and the six characters that Secrets Manager adds. The same name
/// always gets the same ones.
pub(super) fn secret_arn(name: &str) -> String {
    const CHARACTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    let mut hash = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let suffix: String = (0..6)
        .map(|_| {
            hash = hash.rotate_right(7).wrapping_mul(0x0100_0000_01b3);
            char::from(CHARACTERS[(hash >> 32) as usize % CHARACTERS.len()])
        })
        .collect();
    let (region, account) = (super::REGION, super::ACCOUNT);
    format!("arn:aws:secretsmanager:{region}:{account}:secret:{name}-{suffix}")
}
