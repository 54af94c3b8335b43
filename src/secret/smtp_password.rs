//! Pure: the SMTP password of an access key, with which an IAM user sends mail through Amazon SES (fact 53).

use aws_smithy_types::base64;
use hmac::{Hmac, KeyInit, Mac};
use secrecy::zeroize::{Zeroize, Zeroizing};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;

use crate::secret::fields::{Field, plain};

/// The Regions that a present password is compared with: all of AWS's, whether or not SES serves SMTP there today.
pub const REGIONS: [&str; 37] = [
    "af-south-1",
    "ap-east-1",
    "ap-east-2",
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-south-1",
    "ap-south-2",
    "ap-southeast-1",
    "ap-southeast-2",
    "ap-southeast-3",
    "ap-southeast-4",
    "ap-southeast-5",
    "ap-southeast-6",
    "ap-southeast-7",
    "ca-central-1",
    "ca-west-1",
    "eu-central-1",
    "eu-central-2",
    "eu-north-1",
    "eu-south-1",
    "eu-south-2",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "eusc-de-east-1",
    "il-central-1",
    "me-central-1",
    "me-south-1",
    "mx-central-1",
    "sa-east-1",
    "us-east-1",
    "us-east-2",
    "us-gov-east-1",
    "us-gov-west-1",
    "us-west-1",
    "us-west-2",
];

/// The length of a password in characters: 33 bytes in base64.
const LENGTH: usize = 44;

/// Whether a text has enough consecutive base64 characters to be a password or to hold one.
#[must_use]
pub fn could_hold_a_password(text: &str) -> bool {
    let letters = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    text.as_bytes()
        .split(|byte| !letters(byte))
        .any(|run| run.len() >= LENGTH)
}

/// The SMTP password of a secret access key in a Region.
#[must_use]
pub fn derive(secret: &SecretString, region: &str) -> SecretString {
    let key = Zeroizing::new(format!("AWS4{}", secret.expose_secret()));
    let messages = ["11111111", region, "ses", "aws4_request", "SendRawEmail"];
    let mut signed = Zeroizing::new(key.as_bytes().to_vec());
    for message in messages {
        signed = Zeroizing::new(sign(&signed, message));
    }
    let mut password = Zeroizing::new(vec![4]);
    password.extend_from_slice(&signed);
    SecretString::from(base64::encode(&*password))
}

fn sign(key: &[u8], message: &str) -> Vec<u8> {
    // HMAC takes a key of any length.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else {
        return Vec::new();
    };
    mac.update(message.as_bytes());
    let mut code = mac.finalize().into_bytes();
    let signed = code.to_vec();
    code.as_mut_slice().zeroize();
    signed
}

/// The passwords of one secret access key in every Region.
#[derive(Debug)]
pub struct Passwords(Vec<(String, SecretString)>);

impl Passwords {
    /// Derives the passwords for every Region, and for one more that a setting may name.
    #[must_use]
    pub fn of(secret: &SecretString, one_more: Option<&str>) -> Self {
        let more = one_more.filter(|region| !REGIONS.contains(region));
        let regions = REGIONS.into_iter().chain(more);
        Self(
            regions
                .map(|region| (region.to_owned(), derive(secret, region)))
                .collect(),
        )
    }

    /// The Region whose password equals the text.
    #[must_use]
    pub fn region_of(&self, text: &str) -> Option<&str> {
        let mut found = self.0.iter();
        let found = found.find(|(_, password)| password.expose_secret() == text);
        found.map(|(region, _)| region.as_str())
    }

    /// Whether the text contains one of the passwords.
    #[must_use]
    pub fn stand_in(&self, text: &str) -> bool {
        let mut all = self.0.iter();
        all.any(|(_, password)| text.contains(password.expose_secret()))
    }
}

/// Whether a text has the form of a Region's name.
#[must_use]
pub fn is_region(text: &str) -> bool {
    let letters = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (4..=32).contains(&text.len())
        && text.bytes().all(letters)
        && text.split('-').all(|part| !part.is_empty())
        && text.contains('-')
}

/// The Region in the name of a field for an SMTP password: `smtp_password_eu_west_1`.
#[must_use]
pub fn region_in_name(name: &str) -> Option<&'static str> {
    let name = plain(name);
    REGIONS.into_iter().find(|region| {
        let region = plain(region);
        let kind = name
            .strip_suffix(&region)
            .or_else(|| name.strip_prefix(&region));
        kind.is_some_and(|kind| Field::SmtpPassword.is_spelled(kind))
    })
}

/// The Region of an SES SMTP host in a text: `email-smtp.eu-west-1.amazonaws.com`.
#[must_use]
pub fn region_of_host(text: &str) -> Option<&str> {
    let hosts = ["email-smtp.", "email-smtp-fips."];
    let behind = hosts
        .iter()
        .find_map(|host| text.split_once(host))
        .map(|(_, behind)| behind)?;
    let (region, domain) = behind.split_once('.')?;
    let is_aws = [
        "amazonaws.com",
        "api.aws",
        "vpce.amazonaws.com",
        "amazonaws.eu",
    ]
    .iter()
    .any(|name| domain.starts_with(name));
    (is_aws && is_region(region)).then_some(region)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
    const KNOWN: [(&str, &str); 2] = [
        ("us-west-2", "BF2PynzbSCAjX08zhZZnP/kW+T9P5zs/1Er0pi5vTEmd"),
        (
            "eu-central-1",
            "BF0/eIJm0ruTHsSjOkRuOGzGF+zeSyE3aiRzrzUQ8LwG",
        ),
    ];

    /// Fact 53.
    #[test]
    fn the_password_is_derived_from_the_secret_and_the_region() {
        for (region, password) in KNOWN {
            let derived = derive(&SecretString::from(SECRET), region);
            assert_eq!(derived.expose_secret(), password);
            assert_eq!(password.len(), LENGTH);
            assert!(could_hold_a_password(&format!("smtp://x:{password}@host")));
            assert!(!could_hold_a_password(&password[1..]));
        }
    }

    #[test]
    fn the_region_of_a_present_password_is_found() {
        let passwords = Passwords::of(&SecretString::from(SECRET), Some("xx-new-1"));
        for (region, password) in KNOWN {
            assert_eq!(passwords.region_of(password), Some(region));
            assert!(passwords.stand_in(&format!("smtp://AKIA:{password}@host")));
        }
        let new = derive(&SecretString::from(SECRET), "xx-new-1");
        assert_eq!(passwords.region_of(new.expose_secret()), Some("xx-new-1"));
        assert_eq!(passwords.region_of(SECRET), None);
        assert!(!passwords.stand_in(SECRET));
    }

    #[test]
    fn a_region_is_found_in_a_host_and_in_a_name() {
        for (text, region) in [
            ("email-smtp.eu-west-1.amazonaws.com", Some("eu-west-1")),
            (
                "smtp://email-smtp.us-east-2.amazonaws.com:587/?x",
                Some("us-east-2"),
            ),
            (
                "email-smtp-fips.us-gov-west-1.amazonaws.com",
                Some("us-gov-west-1"),
            ),
            (
                "vpce-1.email-smtp.eu-west-1.vpce.amazonaws.com",
                Some("eu-west-1"),
            ),
            ("email-smtp.eu-west-1.example.com", None),
            ("email-smtp.EU.amazonaws.com", None),
            ("smtp.example.com", None),
        ] {
            assert_eq!(region_of_host(text), region, "{text}");
        }
        assert_eq!(region_in_name("SMTP_PASSWORD_EU_WEST_1"), Some("eu-west-1"));
        assert_eq!(region_in_name("smtp-password-us-east-1"), Some("us-east-1"));
        assert_eq!(region_in_name("smtp_password"), None);
        assert_eq!(region_in_name("eu-west-1"), None);
    }
}
