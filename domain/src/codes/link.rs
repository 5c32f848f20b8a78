//! Addresses, as QR codes hold them.

use percent_encoding::percent_decode_str;

/// An address taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Link {
    /// Host in lower case, without port and without what stands before `@`; empty when the text has none.
    pub host: String,
    /// Segments of the path, decoded; empty ones left out.
    pub path: Vec<String>,
    /// Names and values behind `?`, decoded.
    pub query: Vec<(String, String)>,
}

fn decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

fn without_prefix<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    text.get(..prefix.len()).filter(|p| p.eq_ignore_ascii_case(prefix)).and_then(|_| text.get(prefix.len()..))
}

fn asks_for_id(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    lower.contains("?id=") || lower.contains("&id=")
}

impl Link {
    /// Takes an address apart: `http://` or `https://`, or without them when it asks for an `id`. `None` when it is no address.
    pub fn of(text: &str) -> Option<Self> {
        let rest = match without_prefix(text, "https://").or_else(|| without_prefix(text, "http://")) {
            Some(rest) => rest,
            // A GS1 serial may hold anything, so what begins with a bracket is none.
            None if !text.starts_with('(') && text.contains('/') && asks_for_id(text) => text,
            None => return None,
        };
        let rest = rest.split('#').next().unwrap_or_default();
        let (place, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (authority, path) = place.split_once('/').unwrap_or((place, ""));
        let host = authority.rsplit('@').next().unwrap_or_default();
        let host = host.split(':').next().unwrap_or_default().trim_end_matches('.').to_ascii_lowercase();
        Some(Self {
            host,
            path: path.split('/').filter(|s| !s.is_empty()).map(decoded).collect(),
            query: query
                .split('&')
                .filter_map(|pair| pair.split_once('='))
                .map(|(k, v)| (decoded(k), decoded(v)))
                .collect(),
        })
    }

    /// The values of a name.
    pub fn values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.query.iter().filter(move |(k, _)| k.eq_ignore_ascii_case(name)).map(|(_, v)| v.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        let l = Link::of("HTTPS://user@Example.ORG.:8443/a//Q/?id=1%2B2&k=%E7%93%B6&x#id=3").unwrap();
        assert_eq!((l.host.as_str(), l.path), ("example.org", vec!["a".to_owned(), "Q".to_owned()]));
        assert_eq!(l.query, [("id".to_owned(), "1+2".to_owned()), ("k".to_owned(), "瓶".to_owned())]);
        let l = Link::of("teshe.org.cn/Q?ID=1").unwrap();
        assert_eq!((l.host.as_str(), l.values("id").next()), ("teshe.org.cn", Some("1")));
        assert_eq!(Link::of("/Q?id=1").unwrap().host, "");
        // The host is what a browser would go to.
        assert_eq!(Link::of("http://teshe.org.cn@evil.example/Q?id=1").unwrap().host, "evil.example");
        for none in ["", "http:/x", "01101000001", "a/b", "?id=1", "瓶://x", "(8004)6900/?id=1"] {
            assert_eq!(Link::of(none), None, "{none}");
        }
        assert_eq!(Link::of("http://").unwrap().host, "");
    }
}
