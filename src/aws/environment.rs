//! Pure: checks the environment variables that the SDK and its HTTP client read by themselves. They abort on some
//! values and silently ignore more. So the values are checked before either runs.

use crate::aws::host::is_host_and_port;
use crate::aws::invalid_setting::InvalidSetting;
use crate::aws::proxy;
use crate::secret::plain::is_word;

/// Endpoints that replace AWS's own: for all services, and for each.
const ENDPOINTS: [&str; 4] = [
    "AWS_ENDPOINT_URL",
    "AWS_ENDPOINT_URL_SECRETS_MANAGER",
    "AWS_ENDPOINT_URL_IAM",
    "AWS_ENDPOINT_URL_STS",
];
/// The Region. The second is read if the first is not set.
const REGIONS: [&str; 2] = ["AWS_REGION", "AWS_DEFAULT_REGION"];
/// The execution role's credentials. The SDK panics on an access key id that an HTTP header cannot hold.
const KEY_ID: &str = "AWS_ACCESS_KEY_ID";
const SESSION_TOKEN: &str = "AWS_SESSION_TOKEN";
/// The SDK treats a value that it cannot read as "no", even if "yes" was meant to comply with a law.
const SWITCHES: [&str; 3] = [
    "AWS_USE_FIPS_ENDPOINT",
    "AWS_USE_DUALSTACK_ENDPOINT",
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
];
/// The longest Region, in characters.
const LONGEST_REGION: usize = 63;
/// The longest access key id, in characters.
const LONGEST_KEY_ID: usize = 128;
/// The longest endpoint path, in characters.
const LONGEST_PATH: usize = 1_024;

/// Checks endpoints, Region, switches, credentials and proxies. `variable` returns an environment variable's value.
///
/// # Errors
/// [`InvalidSetting`]. It names the variable and never quotes its value: a URL can hold a password.
pub(crate) fn check(variable: impl Fn(&str) -> Option<String>) -> Result<(), InvalidSetting> {
    let each = |names: &[&'static str], is_valid: fn(&str) -> bool, reason: &str| {
        let wrong = names
            .iter()
            .find(|name| variable(name).is_some_and(|value| !is_valid(&value)));
        wrong.map_or(Ok(()), |name| Err(InvalidSetting::of(name, reason)))
    };
    each(
        &ENDPOINTS,
        is_endpoint,
        "is not http(s)://host[:port][/path]; leave it out for AWS's own endpoint",
    )?;
    each(
        &REGIONS,
        is_region,
        "is not the name of a Region such as eu-west-1",
    )?;
    each(&SWITCHES, is_switch, "is neither true nor false")?;
    each(&[KEY_ID], is_key_id, "is not the id of an access key")?;
    each(
        &[SESSION_TOKEN],
        is_session_token,
        "holds other than printable ASCII",
    )?;
    proxy::check(&variable)
}

fn is_endpoint(url: &str) -> bool {
    let rest = url
        .strip_prefix("https://")
        .or_else(|| url.strip_prefix("http://"));
    let Some(rest) = rest else {
        return false;
    };
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    is_host_and_port(authority) && (path.is_empty() || is_word(path, LONGEST_PATH, b"/-._~%+=,:@"))
}

fn is_region(region: &str) -> bool {
    is_word(region, LONGEST_REGION, b"-")
}

/// Whether an access key's id can stand in a request, whoever gave it. Only ASCII letters, digits, `_` and `-` can.
/// Empty counts as not set.
pub(crate) fn is_key_id(id: &str) -> bool {
    id.is_empty() || is_word(id, LONGEST_KEY_ID, b"_-")
}

fn is_session_token(token: &str) -> bool {
    token.bytes().all(|byte| byte.is_ascii_graphic())
}

/// Empty counts as not set.
fn is_switch(value: &str) -> bool {
    value.is_empty() || value.eq_ignore_ascii_case("true") || value.eq_ignore_ascii_case("false")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn checked(name: &str, value: &str) -> Result<(), InvalidSetting> {
        check(|asked| (asked == name).then(|| value.to_owned()))
    }

    #[test]
    fn nothing_set_is_valid() {
        assert!(check(|_| None).is_ok());
    }

    #[test]
    fn an_endpoint_is_a_url_of_a_host() {
        for name in ENDPOINTS {
            for url in [
                "https://vpce-1.sts.us-east-1.vpce.amazonaws.com",
                "http://127.0.0.1:4566",
                "http://127.0.0.1:4566/",
                "https://[::1]:65535/a/b-c_d.e~%20",
                "http://local_stack.internal.:1",
            ] {
                assert!(checked(name, url).is_ok(), "{name} {url}");
            }
            for url in [
                "",
                " ",
                "sesame",
                "sesame.example.com",
                "sesame.example.com:443",
                "//sesame.example.com",
                "https://",
                "https:///sesame",
                "https:sesame.example.com",
                "ftp://sesame.example.com",
                "HTTPS://sesame.example.com",
                " https://sesame.example.com",
                "https://sesame.example.com ",
                "https://sesame.example.com\n",
                "https://sesame .example.com",
                "https://sesame..example.com",
                "https://user:sesame@example.com",
                "https://sesame.example.com:",
                "https://sesame.example.com:0",
                "https://sesame.example.com:+1",
                "https://sesame.example.com:65536",
                "https://sesame.example.com?x=1",
                "https://sesame.example.com/?x=1",
                "https://sesame.example.com/#x",
                "https://sesame.example.com/a b",
                "https://::1/sesame",
                "https://[sesame]",
                "https://sésame.example.com",
            ] {
                let problem = checked(name, url).unwrap_err().to_string();
                assert!(problem.contains(name), "{problem}");
                assert!(!problem.contains("sesame"), "{problem}");
            }
        }
    }

    #[test]
    fn credentials_are_what_a_header_can_hold() {
        for (name, good, bad) in [
            (KEY_ID, "ASIAIOSFODNN7EXAMPLE", "AKIA\nsesame"),
            (KEY_ID, "", "AKIA sesame"),
            (SESSION_TOKEN, "IQoJb3JpZ2luX2VjE/+==", "sesame\r"),
            (SESSION_TOKEN, "", "s\u{e9}same"),
        ] {
            assert!(checked(name, good).is_ok());
            let problem = checked(name, bad).unwrap_err().to_string();
            assert!(problem.contains(name), "{problem}");
            assert!(!problem.contains("same"), "{problem}");
        }
    }

    #[test]
    fn a_region_and_a_switch_are_what_the_sdk_reads() {
        for name in REGIONS {
            assert!(checked(name, "us-gov-west-1").is_ok());
            for region in ["", " ", "eu-west-1 ", "eu/west", "sesame!", "eu.west"] {
                let problem = checked(name, region).unwrap_err().to_string();
                assert!(problem.contains(name) && !problem.contains("sesame!"));
            }
        }
        for name in SWITCHES {
            for value in ["true", "false", "TRUE", ""] {
                assert!(checked(name, value).is_ok(), "{value}");
            }
            for value in ["1", "yes", " true", "sesame"] {
                let problem = checked(name, value).unwrap_err().to_string();
                assert!(problem.contains(name) && !problem.contains("sesame"));
            }
        }
    }
}
