//! Hashes by name: the algorithm stands beside every hash that is stored, so that SM3 (GB/T 32905) can take the place of
//! SHA-256 without a doubt about what an old one is.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use sm3::Sm3;
use std::{fmt, str::FromStr};

/// A hash algorithm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Alg {
    /// SHA-256 (FIPS 180-4).
    #[serde(rename = "sha-256")]
    Sha256,
    /// SM3 (GB/T 32905-2016).
    #[serde(rename = "sm3")]
    Sm3,
}

/// Why a text is no hash with its algorithm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DigestError {
    /// Not one of the names that are known.
    #[error("摘要算法应为 sha-256 或 sm3 (the hash algorithm should be sha-256 or sm3)")]
    Algorithm,
    /// Not 64 hexadecimal digits.
    #[error("摘要应为 64 位小写十六进制 (a hash should be 64 lower-case hexadecimal digits)")]
    Hex,
}

impl Alg {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Sha256, Self::Sm3];

    /// Its name as it is stored.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sha256 => "sha-256",
            Self::Sm3 => "sm3",
        }
    }
}

impl fmt::Display for Alg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Alg {
    type Err = DigestError;

    fn from_str(name: &str) -> Result<Self, DigestError> {
        Self::ALL.into_iter().find(|a| a.name() == name).ok_or(DigestError::Algorithm)
    }
}

/// The hash of bytes, 32 of them for either algorithm.
#[must_use]
pub fn hash(alg: Alg, bytes: &[u8]) -> [u8; 32] {
    match alg {
        Alg::Sha256 => Sha256::digest(bytes).into(),
        Alg::Sm3 => Sm3::digest(bytes).into(),
    }
}

/// A hash with its algorithm. Prints as `sm3:66c7…`, and is stored so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Named {
    /// The algorithm.
    pub alg: Alg,
    /// The hash.
    pub hash: [u8; 32],
}

impl Named {
    /// The hash of bytes.
    #[must_use]
    pub fn of(alg: Alg, bytes: &[u8]) -> Self {
        Self { alg, hash: hash(alg, bytes) }
    }

    /// The hash in lower-case hexadecimal digits, without the algorithm's name.
    #[must_use]
    pub fn hex(&self) -> String {
        hex::encode(self.hash)
    }

    /// Whether it is the hash of these bytes, by its own algorithm.
    #[must_use]
    pub fn is_of(&self, bytes: &[u8]) -> bool {
        hash(self.alg, bytes) == self.hash
    }
}

impl fmt::Display for Named {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.alg, self.hex())
    }
}

impl FromStr for Named {
    type Err = DigestError;

    fn from_str(text: &str) -> Result<Self, DigestError> {
        let (alg, digits) = text.split_once(':').ok_or(DigestError::Algorithm)?;
        let alg = alg.parse()?;
        // One text for one hash: upper case is another text.
        if digits.bytes().any(|b| b.is_ascii_uppercase()) {
            return Err(DigestError::Hex);
        }
        let mut hash = [0; 32];
        hex::decode_to_slice(digits, &mut hash).map_err(|_| DigestError::Hex)?;
        Ok(Self { alg, hash })
    }
}

impl From<Named> for String {
    fn from(named: Named) -> Self {
        named.to_string()
    }
}

impl TryFrom<String> for Named {
    type Error = DigestError;
    fn try_from(text: String) -> Result<Self, DigestError> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn vectors_of_the_standards() {
        for (alg, bytes, want) in [
            (Alg::Sm3, b"abc".to_vec(), "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"),
            // GB/T 32905, example 2: 64 bytes.
            (Alg::Sm3, b"abcd".repeat(16), "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732"),
            (Alg::Sha256, b"abc".to_vec(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
            (Alg::Sha256, Vec::new(), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ] {
            let named = Named::of(alg, &bytes);
            assert_eq!(named.hex(), want);
            assert_eq!(named.to_string(), format!("{alg}:{want}"));
            assert!(named.is_of(&bytes) && !named.is_of(b"abd"));
        }
    }

    #[test]
    fn names() {
        for alg in Alg::ALL {
            assert_eq!(alg.name().parse(), Ok(alg));
            assert_eq!(serde_json::to_string(&alg).unwrap(), format!("\"{alg}\""));
        }
        for bad in ["", "sha256", "SM3", "md5"] {
            assert_eq!(bad.parse::<Alg>(), Err(DigestError::Algorithm));
        }
    }

    #[test]
    fn what_is_no_hash_is_refused() {
        let good = Named::of(Alg::Sm3, b"abc").to_string();
        let json = format!("\"{good}\"");
        assert_eq!(serde_json::to_string(&serde_json::from_str::<Named>(&json).unwrap()).unwrap(), json);
        for (text, want) in [
            (good.replace("sm3:", ""), DigestError::Algorithm),
            (good.replace("sm3", "md5"), DigestError::Algorithm),
            (good.to_uppercase().replace("SM3", "sm3"), DigestError::Hex),
            (format!("{good}00"), DigestError::Hex),
            (good.replace('c', "瓶"), DigestError::Hex),
            ("sm3:".into(), DigestError::Hex),
        ] {
            assert_eq!(text.parse::<Named>(), Err(want), "{text}");
        }
        // The same hash under another name is the hash of other bytes.
        let other: Named = good.replace("sm3", "sha-256").parse().unwrap();
        assert!(!other.is_of(b"abc"));
    }

    proptest! {
        #[test]
        fn what_prints_reads_back_and_no_text_panics(bytes: Vec<u8>, text in ".{0,80}") {
            for alg in Alg::ALL {
                let named = Named::of(alg, &bytes);
                prop_assert_eq!(named.to_string().parse(), Ok(named));
            }
            if let Ok(named) = text.parse::<Named>() {
                prop_assert_eq!(named.to_string(), text);
            }
        }
    }
}
