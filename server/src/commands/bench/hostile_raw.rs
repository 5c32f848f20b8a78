//! Requests written byte by byte, so that they may be wrong in every way.

use super::gun::Gun;
use std::{net::SocketAddr, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

/// Longest wait for an answer.
const WAIT: Duration = Duration::from_secs(15);

/// Writes bytes, tells that no more will come if `end`, and reads what comes back. Empty when nothing did.
pub async fn exchange(at: SocketAddr, bytes: &[u8], end: bool, wait: Duration) -> Vec<u8> {
    let mut back = Vec::new();
    let Ok(Ok(mut s)) = timeout(WAIT, TcpStream::connect(at)).await else { return back };
    let (mut r, mut w) = s.split();
    let write = async {
        // The server may have said no and closed already.
        drop(w.write_all(bytes).await);
        if end {
            drop(w.shutdown().await);
        }
    };
    let read = async {
        let mut buffer = [0; 16 * 1024];
        while let Ok(Ok(n @ 1..)) = timeout(wait, r.read(&mut buffer)).await {
            // The head is what counts; a page is read to its end, so that its handler has run to the end.
            if back.len() < 64 * 1024 {
                back.extend_from_slice(&buffer[..n]);
            }
        }
    };
    drop(timeout(WAIT, futures_util::future::join(write, read)).await);
    back
}

/// The status in an answer.
pub fn status(answer: &[u8]) -> Option<u16> {
    let line = answer.strip_prefix(b"HTTP/1.1 ").or_else(|| answer.strip_prefix(b"HTTP/1.0 "))?;
    std::str::from_utf8(line.get(..3)?).ok()?.parse().ok()
}

/// Whether an answer comes from our router, not from the HTTP library below it.
pub fn ours(answer: &[u8]) -> bool {
    String::from_utf8_lossy(&answer[..answer.len().min(2_000)]).to_ascii_lowercase().contains("x-content-type-options")
}

/// A request.
pub struct Request<'a> {
    /// `GET`, `POST` and others.
    pub method: &'a str,
    /// Path and query.
    pub path: String,
    /// Its body.
    pub body: Vec<u8>,
    /// Signs it, and sends the cookie of a display.
    pub signed: Option<(&'a Gun, &'a str)>,
    /// Which way it is wrong, beyond its body.
    pub way: usize,
}

impl Request<'_> {
    /// Its bytes, and whether the writing side is to be closed behind them.
    pub fn bytes(&self) -> (Vec<u8>, bool) {
        let mut head = format!(
            "{} {} HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\ncontent-type: application/json\r\n",
            self.method, self.path
        );
        if let Some((gun, cookie)) = self.signed {
            head.push_str(&format!("cookie: {cookie}\r\n"));
            for (name, value) in gun.sign(self.method, &self.path, &self.body) {
                head.push_str(&format!("{name}: {value}\r\n"));
            }
        } else {
            head.push_str(self.forged());
        }
        head.push_str(match self.way % 7 {
            0 if self.way.is_multiple_of(3) => "accept-language: \u{1}\r\n",
            1 => "accept-language: en-é,zh;q=NaN\r\norigin: null\r\n",
            2 => "accept-encoding: br;q=1e99, gzip, *\r\nif-none-match: \"\r\nrange: bytes=9-1,-0\r\n",
            3 => "cookie: pingji_display=1.\u{7f}; pingji_display=99999999999999999999.x; =;;==\r\nupgrade: h2c\r\n",
            _ => "",
        });
        let n = self.body.len();
        let mut out = head.clone().into_bytes();
        let close = match self.way {
            1 => {
                // More is announced than comes.
                out.extend(format!("content-length: {}\r\n\r\n", n + 1_000).bytes());
                out.extend(&self.body);
                true
            }
            2 => {
                out.extend(b"transfer-encoding: chunked\r\n\r\nzz\r\n");
                out.extend(&self.body);
                true
            }
            3 => {
                // Chunked as it should be: this reaches the handler.
                out.extend(b"transfer-encoding: chunked\r\n\r\n");
                for c in self.body.chunks(7_000) {
                    out.extend(format!("{:x};ext=\"v\"\r\n", c.len()).bytes());
                    out.extend(c);
                    out.extend(b"\r\n");
                }
                out.extend(b"0\r\ntrailer: x\r\n\r\n");
                false
            }
            4 => {
                out.extend(
                    format!("content-length: {n}\r\ntransfer-encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFF\r\n").bytes(),
                );
                out.extend(&self.body);
                true
            }
            5 => {
                out.extend(b"content-length: -1\r\ncontent-length: 18446744073709551616\r\n\r\n");
                out.extend(&self.body);
                true
            }
            6 => {
                out.extend(format!("x-long: {}\r\ncontent-length: {n}\r\n\r\n", "x".repeat(200_000)).bytes());
                out.extend(&self.body);
                false
            }
            7 => {
                out.extend(b"transfer-encoding: chunked\r\n\r\n7fffffffffffffff\r\n");
                out.extend(&self.body);
                true
            }
            _ => {
                out.extend(format!("content-length: {n}\r\n\r\n").bytes());
                out.extend(&self.body);
                false
            }
        };
        (out, close)
    }

    /// Headers of somebody who has no key.
    fn forged(&self) -> &'static str {
        match self.way % 5 {
            0 => "",
            1 => {
                "x-pingji-key: bench-00002\r\nx-pingji-time: 99999999999999999999\r\nx-pingji-nonce: a b\r\nx-pingji-signature: zz\r\n"
            }
            2 => {
                "x-pingji-key: ' OR 1=1 --\r\nx-pingji-time: -1\r\nx-pingji-nonce: 0123456789abcdef\r\nx-pingji-signature: \r\n"
            }
            3 => {
                "x-pingji-key: é\r\nx-pingji-time: 1763712000000\r\nx-pingji-nonce: 0123456789abcdef\r\nx-pingji-signature: 00\r\n"
            }
            _ => {
                "x-pingji-key: bench-00002\r\nx-pingji-time: 1763712000000\r\nx-pingji-nonce: 0123456789abcdef\r\n\
                 x-pingji-signature: ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff\r\n"
            }
        }
    }
}

/// Frames nobody should send, as they go over the wire behind the upgrade.
pub fn frames(n: usize) -> Vec<u8> {
    let masked = |first: u8, payload: &[u8]| {
        let mut f = vec![first];
        match payload.len() {
            l @ 0..126 => f.push(0x80 | l as u8),
            l @ 126..65_536 => {
                f.push(0x80 | 126);
                f.extend((l as u16).to_be_bytes());
            }
            l => {
                f.push(0x80 | 127);
                f.extend((l as u64).to_be_bytes());
            }
        }
        // A mask of zeros leaves the payload as it is.
        f.extend([0; 4]);
        f.extend(payload);
        f
    };
    match n % 14 {
        0 => masked(0x82, &[0; 100]),
        1 => masked(0x81, &vec![b'x'; 1 << 20]),
        2 => masked(0x01, b"never ends").into_iter().chain(masked(0x00, b"..").repeat(200)).collect(),
        3 => masked(0x81, b"flood").repeat(500),
        4 => masked(0x89, b"ping").repeat(500),
        5 => vec![0x81, 0x05, b'h', b'e', b'l', b'l', b'o'],
        6 => vec![0x82, 0xff, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0],
        7 => masked(0xf3, b"reserved"),
        8 => masked(0x89, &[0; 200]),
        9 => masked(0x81, &[0xff, 0xfe, 0xed, 0xa0, 0x80]),
        10 => masked(0x88, &[0, 1]),
        11 => masked(0x80, b"continues nothing"),
        12 => masked(0x88, &[]).repeat(3),
        _ => (0..4_000).map(|_| rand::random()).collect(),
    }
}

/// Queries of `/ws` nobody should send.
pub const QUERIES: [&str; 10] = [
    "",
    "?cursor=-1",
    "?cursor=99999999999999999999999",
    "?cursor=18446744073709551615",
    "?scope=org:999999",
    "?scope=%00%ff",
    "?scope=district:-1",
    "?cursor=1&cursor=2",
    "?scope=city&cursor=0",
    "?scope=org:9223372036854775808",
];

/// The upgrade to a socket.
pub fn upgrade(query: &str, cookie: Option<&str>) -> Vec<u8> {
    let cookie = cookie.map(|c| format!("cookie: {c}\r\n")).unwrap_or_default();
    format!(
        "GET /ws{query} HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n\
         sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n{cookie}\r\n"
    )
    .into_bytes()
}
