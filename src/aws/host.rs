//! Pure: host names and addresses, as in URLs.

use crate::secret::plain::is_word;

/// The longest host name, in characters.
const LONGEST: usize = 253;

/// `host[:port]`: a name or an address, in brackets if it has colons.
pub(crate) fn is_host_and_port(text: &str) -> bool {
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, Some(port)),
        _ => (text, None),
    };
    let is_port = |port: &str| {
        port.bytes().all(|byte| byte.is_ascii_digit())
            && port.parse::<u16>().is_ok_and(|port| port > 0)
    };
    port.is_none_or(is_port) && is_host(host)
}

fn is_host(host: &str) -> bool {
    let bracketed = host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'));
    match bracketed {
        Some(address) => address.parse::<std::net::Ipv6Addr>().is_ok(),
        None => is_name(host),
    }
}

/// A host name, with or without a final dot. An IPv4 address passes as one.
pub(crate) fn is_name(host: &str) -> bool {
    let labels = host.strip_suffix('.').unwrap_or(host);
    host.len() <= LONGEST && labels.split('.').all(|label| is_word(label, 63, b"-_"))
}
