//! Pure: the proxies that the environment names. The HTTP client ignores one that it cannot read, and calls AWS
//! directly. So the client must be able to read each as intended.

use std::net::IpAddr;

use crate::aws::host::{is_host_and_port, is_name};
use crate::aws::invalid_setting::InvalidSetting;
use crate::secret::plain::is_word;

/// The client reads the first of each pair that is set, even if it is empty.
const PROXIES: [[&str; 2]; 3] = [
    ["HTTPS_PROXY", "https_proxy"],
    ["HTTP_PROXY", "http_proxy"],
    ["ALL_PROXY", "all_proxy"],
];
const NO_PROXY: [&str; 2] = ["NO_PROXY", "no_proxy"];
/// If this is set, the client assumes that it is a CGI script and reads no proxy at all.
const CGI: &str = "REQUEST_METHOD";
/// The longest user and password of a proxy together, in characters.
const LONGEST_USER: usize = 1_024;

/// Checks the proxies. `variable` returns an environment variable's value. Empty means none.
///
/// # Errors
/// [`InvalidSetting`]. It names the variable and never quotes its value: it can hold a password.
pub(crate) fn check(variable: impl Fn(&str) -> Option<String>) -> Result<(), InvalidSetting> {
    let value = |name: &str| variable(name).unwrap_or_default();
    let is_said = |name: &str| !value(name).is_empty();
    for name in PROXIES.as_flattened() {
        if is_said(name) && !is_proxy(&value(name)) {
            return Err(InvalidSetting::of(
                name,
                "is not [http(s)://][user:password@]host[:port], with what else is in user and password percent-encoded",
            ));
        }
        if is_said(name) && variable(CGI).is_some() {
            return Err(InvalidSetting::of(
                CGI,
                &format!("is set, and the HTTP client does not look at {name} then"),
            ));
        }
    }
    for name in NO_PROXY {
        if !value(name).split(',').map(str::trim).all(is_exception) {
            return Err(InvalidSetting::of(
                name,
                "is not a list of names, addresses and networks (10.0.0.0/8) between commas; .example.com has every name that ends so, and * alone has all",
            ));
        }
    }
    for [read, hidden] in PROXIES.into_iter().chain([NO_PROXY]) {
        if variable(read).is_some_and(|value| value.is_empty()) && is_said(hidden) {
            return Err(InvalidSetting::of(
                read,
                &format!("is empty, and hides {hidden}"),
            ));
        }
    }
    Ok(())
}

/// Without a scheme, `http` is meant.
fn is_proxy(url: &str) -> bool {
    let with_scheme = url
        .strip_prefix("http://")
        .or_else(|| url.strip_prefix("https://"));
    let authority = match with_scheme {
        Some(rest) => rest.strip_suffix('/').unwrap_or(rest),
        None => url,
    };
    let (user, host) = match authority.rsplit_once('@') {
        Some((user, host)) => (Some(user), host),
        None => (None, authority),
    };
    user.is_none_or(is_user) && is_host_and_port(host)
}

/// A user and a password, as in a URL.
fn is_user(user: &str) -> bool {
    let is_encoded = |rest: &str| {
        let digits = rest.as_bytes().get(..2);
        digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
    };
    is_word(user, LONGEST_USER, b"-._~!$&'()*+,;=:%") && user.split('%').skip(1).all(is_encoded)
}

/// One entry of NO_PROXY, between two commas.
fn is_exception(entry: &str) -> bool {
    let is_network = || {
        entry.split_once('/').is_some_and(|(address, length)| {
            let longest = match address.parse() {
                Ok(IpAddr::V4(_)) => 32,
                Ok(IpAddr::V6(_)) => 128,
                Err(_) => return false,
            };
            length.bytes().all(|byte| byte.is_ascii_digit())
                && length.parse::<u8>().is_ok_and(|length| length <= longest)
        })
    };
    entry.is_empty()
        || entry == "*"
        || entry.parse::<IpAddr>().is_ok()
        || is_network()
        || is_name(entry.strip_prefix('.').unwrap_or(entry))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use hyper_util::client::proxy::matcher::Matcher;

    use super::*;

    fn checked(set: &[(&str, &str)]) -> Result<(), InvalidSetting> {
        check(|asked| {
            let found = set.iter().find(|(name, _)| *name == asked);
            found.map(|(_, value)| (*value).to_owned())
        })
    }

    fn refused(set: &[(&str, &str)], name: &str) {
        let problem = checked(set).unwrap_err().to_string();
        let reason = format!("{name} ");
        assert!(problem.starts_with(&reason), "{problem}");
        assert!(!problem.contains("sesame"), "{problem}");
    }

    #[test]
    fn what_is_taken_for_a_proxy_is_one_for_the_client() {
        let aws = "https://iam.amazonaws.com/".parse().unwrap();
        for (url, host) in [
            ("http://proxy", "proxy"),
            ("http://proxy:3128", "proxy:3128"),
            ("http://proxy:3128/", "proxy:3128"),
            ("https://proxy.example.com.:8443", "proxy.example.com.:8443"),
            ("proxy.example.com:3128", "proxy.example.com:3128"),
            ("10.0.0.1:3128", "10.0.0.1:3128"),
            ("proxy", "proxy"),
            ("http://[fd00::1]:3128", "[fd00::1]:3128"),
            ("http://user@proxy:3128", "proxy:3128"),
            ("http://user:a%40b%2Fc@proxy:3128/", "proxy:3128"),
            ("http://u:-._~!$&'()*+,;=:p@proxy:3128", "proxy:3128"),
            ("user:password@proxy:3128", "proxy:3128"),
        ] {
            for name in PROXIES.as_flattened() {
                assert!(checked(&[(name, url)]).is_ok(), "{name} {url}");
            }
            let proxy = Matcher::builder().all(url).build();
            let proxy = proxy.intercept(&aws).unwrap();
            assert_eq!(proxy.uri().authority().unwrap(), host, "{url}");
        }
    }

    #[test]
    fn any_other_is_refused_by_its_name_and_not_quoted() {
        for url in [
            " ",
            " http://sesame:3128",
            "http://sesame:3128 ",
            "http://sesame:3128\n",
            "http//sesame:3128",
            "http:/sesame:3128",
            "http:sesame",
            "://sesame:3128",
            "ftp://sesame:3128",
            "socks5://sesame:1080",
            "HTTP://sesame:3128",
            "http://",
            "http://sesame:",
            "http://sesame:port",
            "http://sesame:3128/path",
            "http://sesame:3128?x",
            "http://:3128",
            "http://user:se/same@proxy:3128",
            "http://user:sesame#1@proxy:3128",
            "http://user:sesame@1@proxy:3128",
            "http://user:sesame%1@proxy:3128",
            "http://user:sesame%@proxy:3128",
            "http://user:sesame[1]@proxy:3128",
            "http://@proxy:3128",
            "sesame:3128/",
            "sesame\u{fffd}:3128",
        ] {
            for name in PROXIES.as_flattened() {
                refused(&[(name, url)], name);
            }
        }
    }

    #[test]
    fn empty_is_none_but_where_it_hides_another() {
        for name in PROXIES.as_flattened() {
            assert!(checked(&[(name, "")]).is_ok());
        }
        for [read, hidden] in PROXIES {
            let url = "http://sesame:3128";
            refused(&[(read, ""), (hidden, url)], read);
            assert!(checked(&[(read, url), (hidden, "")]).is_ok());
            refused(
                &[("REQUEST_METHOD", "GET"), (hidden, url)],
                "REQUEST_METHOD",
            );
        }
        refused(&[("NO_PROXY", ""), ("no_proxy", "sesame")], "NO_PROXY");
        assert!(checked(&[("REQUEST_METHOD", "GET")]).is_ok());
    }

    #[test]
    fn an_exception_is_one_that_the_client_reads_as_it_was_meant() {
        for (list, host) in [
            ("127.0.0.1", "127.0.0.1"),
            ("10.0.0.0/8, 192.168.0.0/16", "192.168.7.7"),
            ("fd00::/8", "[fd00::1]"),
            ("::1,", "[::1]"),
            ("*", "a.example.com"),
            ("localhost,.example.com", "a.example.com"),
            ("example.com", "a.example.com"),
        ] {
            for name in NO_PROXY {
                assert!(checked(&[(name, list)]).is_ok(), "{list}");
            }
            let past = Matcher::builder().all("http://proxy").no(list).build();
            let host = format!("https://{host}/").parse().unwrap();
            assert!(past.intercept(&host).is_none(), "{list}");
        }
        for list in [
            "sesame other",
            "sesame;other",
            "*.sesame",
            "sesame.*",
            "sesame:443",
            "https://sesame",
            "10.0.0.0/33",
            "10.0.0.0/+8",
            "sesame/8",
            "[::1]",
            "a,,b,s\u{e9}same",
        ] {
            for name in NO_PROXY {
                refused(&[(name, list)], name);
            }
        }
    }
}
