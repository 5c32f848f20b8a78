//! Secrets: random ones, their hashes, those derived from the deployment's master key, and hashed passwords.

use argon2::{Algorithm, Argon2, Params, Version};
use domain::policy::Policy;
use hmac::{Hmac, KeyInit, Mac};
use rand::RngExt;
use ring::{
    aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey},
    signature::Ed25519KeyPair,
};
use sha2::{Digest, Sha256};
use std::{fmt, sync::Arc};

/// Letters of codes that people read and type: none that look like another.
pub const ALPHABET: &[u8; 31] = b"23456789ABCDEFGHJKMNPQRSTUVWXYZ";

/// The deployment's master key. The record holds no secret that could be had without it.
#[derive(Clone)]
pub struct Master(Arc<Vec<u8>>);

// The key must not reach a log.
impl fmt::Debug for Master {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Master")
    }
}

impl Master {
    /// From the bytes of the key file.
    #[must_use]
    pub fn new(key: Vec<u8>) -> Self {
        Self(Arc::new(key))
    }

    /// A key for one purpose: HMAC-SHA-256 of its name, so that none tells another.
    #[must_use]
    pub fn derive(&self, purpose: &str) -> [u8; 32] {
        mac(&self.0, format!("pingji access v1\n{purpose}").as_bytes())
    }

    /// The secret of an account's second factor, from the nonce that the record holds.
    #[must_use]
    pub fn totp(&self, account: i64, nonce: &str) -> Vec<u8> {
        self.derive(&format!("totp\n{account}\n{nonce}"))[..20].to_vec()
    }

    /// One of the recovery codes of an account's second factor.
    #[must_use]
    pub fn recovery_code(&self, account: i64, nonce: &str, n: usize) -> String {
        self.letters(&format!("recovery code\n{account}\n{nonce}\n{n}"), 10)
    }

    /// The first password of an account, or the one after a reset, good until it is changed. Every profile takes it.
    #[must_use]
    pub fn first_password(&self, login: &str, set_at: i64) -> String {
        let l = self.letters(&format!("first password\n{login}\n{set_at}"), 16);
        format!("{}-{}-{}-{}7a", &l[..4], l[4..8].to_lowercase(), &l[8..12], &l[12..])
    }

    /// The key that signs what leaves the record to be believed elsewhere; `None` never happens, for the seed has its length.
    #[must_use]
    pub fn signer(&self) -> Option<Ed25519KeyPair> {
        Ed25519KeyPair::from_seed_unchecked(&self.derive("evidence")).ok()
    }

    /// Seals what people gave into the record's keeping by ChaCha20-Poly1305, for one purpose; hex. `None` never happens for what is a
    /// secret's length.
    #[must_use]
    pub fn seal(&self, purpose: &str, secret: &[u8]) -> Option<String> {
        let mut nonce = [0_u8; NONCE_LEN];
        rand::rng().fill(&mut nonce);
        let mut sealed = secret.to_vec();
        let key = self.sealer()?;
        let aad = Aad::from(purpose.as_bytes());
        key.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), aad, &mut sealed).ok()?;
        Some(hex::encode(nonce) + &hex::encode(sealed))
    }

    /// Opens what was sealed for the same purpose; `None` for anything else.
    #[must_use]
    pub fn open(&self, purpose: &str, sealed: &str) -> Option<Vec<u8>> {
        let bytes = hex::decode(sealed).ok()?;
        let (nonce, rest) = bytes.split_at_checked(NONCE_LEN)?;
        let (nonce, mut rest) = (Nonce::try_assume_unique_for_key(nonce).ok()?, rest.to_vec());
        let opened = self.sealer()?.open_in_place(nonce, Aad::from(purpose.as_bytes()), &mut rest).ok()?;
        Some(opened.to_vec())
    }

    fn sealer(&self) -> Option<LessSafeKey> {
        UnboundKey::new(&CHACHA20_POLY1305, &self.derive("seal")).ok().map(LessSafeKey::new)
    }

    fn letters(&self, purpose: &str, n: usize) -> String {
        // Two bytes a letter: the bias is below one in two thousand.
        let bytes = self.derive(purpose);
        let pairs = bytes.chunks_exact(2).map(|p| usize::from(u16::from_be_bytes([p[0], p[1]])));
        pairs.take(n).map(|v| char::from(ALPHABET[v % ALPHABET.len()])).collect()
    }

    /// The token on the label of a tag, which nobody guesses: what is told of a cylinder only to whoever stands before it is told to
    /// whoever has it (rules.md §8).
    #[must_use]
    pub fn label_token(&self, tag: &str) -> String {
        self.letters(&format!("label\n{tag}"), 16)
    }

    /// The code by which whoever brought a case follows it, from the nonce that the record holds.
    #[must_use]
    pub fn case_code(&self, id: i64, nonce: &str) -> String {
        self.letters(&format!("case code\n{id}\n{nonce}"), 10)
    }

    /// What the record holds of a recovery code.
    #[must_use]
    pub fn recovery(&self, account: i64, code: &str) -> String {
        hex::encode(mac(&self.derive("recovery"), format!("{account}\n{code}").as_bytes()))
    }
}

/// HMAC-SHA-256.
#[must_use]
pub fn mac(key: &[u8], message: &[u8]) -> [u8; 32] {
    // HMAC takes a key of any length.
    let mut m = Hmac::<Sha256>::new_from_slice(key).unwrap_or_else(|_| Hmac::<Sha256>::new(&Default::default()));
    m.update(message);
    m.finalize().into_bytes().into()
}

/// Whether two texts are the same, in a time that tells nothing of where they differ.
#[must_use]
pub fn same(a: &str, b: &str) -> bool {
    let (a, b) = (Sha256::digest(a.as_bytes()), Sha256::digest(b.as_bytes()));
    a.iter().zip(b).fold(0, |diff, (x, y)| diff | (x ^ y)) == 0
}

/// SHA-256 of a text, hex: what the record holds of a random secret.
#[must_use]
pub fn sha(text: &str) -> String {
    hex::encode(Sha256::digest(text.as_bytes()))
}

/// 256 random bits, hex.
#[must_use]
pub fn random() -> String {
    let mut bytes = [0_u8; 32];
    rand::rng().fill(&mut bytes);
    hex::encode(bytes)
}

/// A random code of so many letters of [`ALPHABET`].
#[must_use]
pub fn code(letters: usize) -> String {
    let mut rng = rand::rng();
    (0..letters).map(|_| char::from(ALPHABET[rng.random_range(0..ALPHABET.len())])).collect()
}

/// A code as it is compared: without the blanks and hyphens that people put in, in capitals.
#[must_use]
pub fn typed(code: &str) -> String {
    code.chars().filter(|c| !c.is_whitespace() && *c != '-').map(|c| c.to_ascii_uppercase()).collect()
}

/// Hashes a password by Argon2id; `None` if the policy's numbers are none that Argon2 takes. Takes its time: call it
/// where nothing waits.
#[must_use]
pub fn hash_password(policy: &Policy, password: &str) -> Option<String> {
    let mut salt = [0_u8; 16];
    rand::rng().fill(&mut salt);
    let (kib, passes) = (u32::try_from(policy.argon_kib).ok()?, u32::try_from(policy.argon_passes).ok()?);
    let hash = argon(kib, passes, &salt, password)?;
    Some(format!("argon2id$v=19$m={kib},t={passes},p=1${}${}", hex::encode(salt), hex::encode(hash)))
}

/// Whether a password is the one that was hashed, under the numbers of its time.
#[must_use]
pub fn is_password(stored: &str, password: &str) -> bool {
    let compare = || {
        let mut parts = stored.split('$').skip(2);
        let mut numbers = parts.next()?.split(',').map(|n| n.split_once('=')?.1.parse::<u32>().ok());
        let (kib, passes) = (numbers.next()??, numbers.next()??);
        let (salt, kept) = (hex::decode(parts.next()?).ok()?, hex::decode(parts.next()?).ok()?);
        let hash = argon(kib, passes, &salt, password)?;
        Some(kept.len() == hash.len() && kept.iter().zip(hash).fold(0, |diff, (a, b)| diff | (a ^ b)) == 0)
    };
    compare().unwrap_or(false)
}

fn argon(kib: u32, passes: u32, salt: &[u8], password: &str) -> Option<[u8; 32]> {
    let params = Params::new(kib, passes, 1, Some(32)).ok()?;
    let mut out = [0_u8; 32];
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(password.as_bytes(), salt, &mut out)
        .ok()?;
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::policy::{Profile, check};

    #[test]
    fn a_password_is_known_by_its_hash_only() {
        let policy = Policy { argon_kib: 64, argon_passes: 1, ..Policy::default() };
        let hash = hash_password(&policy, "Kettle-42").unwrap();
        assert!(is_password(&hash, "Kettle-42") && !hash.contains("Kettle"));
        for wrong in ["", "kettle-42", "Kettle-42 "] {
            assert!(!is_password(&hash, wrong), "{wrong}");
        }
        assert_ne!(hash_password(&policy, "Kettle-42").unwrap(), hash, "salted");
        for broken in ["", "argon2id", "argon2id$v=19$m=x,t=1,p=1$00$00", &hash[..hash.len() - 2], "a$b$m=64,t=1,p=1$$"]
        {
            assert!(!is_password(broken, "Kettle-42"), "{broken}");
        }
        assert_eq!(hash_password(&Policy { argon_kib: -1, ..policy }, "x"), None);
    }

    #[test]
    fn argon2id_is_the_one_of_the_standard() {
        // A vector of the reference implementation: 256 KiB, two passes, one lane.
        let stored = "argon2id$v=19$m=256,t=2,p=1$736f6d6573616c74$9dfeb910e80bad0311fee20f9c0e2b12c17987b4cac90c2ef54d5b3021c68bfe";
        assert!(is_password(stored, "password"));
    }

    #[test]
    fn keys_of_different_purposes_differ() {
        let m = Master::new(vec![7; 32]);
        assert_ne!(m.derive("a"), m.derive("b"));
        assert_ne!(m.totp(1, "n"), m.totp(2, "n"));
        assert_ne!(m.recovery(1, "X"), m.recovery(2, "X"));
        assert_eq!(format!("{m:?}"), "Master");
        assert_eq!((random().len(), typed(" ab-cd ")), (64, "ABCD".into()));
    }

    #[test]
    fn what_is_sealed_opens_for_its_purpose_only() {
        let m = Master::new(vec![7; 32]);
        let sealed = m.seal("a", b"secret").unwrap();
        assert_eq!(m.open("a", &sealed).as_deref(), Some(&b"secret"[..]));
        assert!(!sealed.contains(&hex::encode("secret")) && m.seal("a", b"secret").unwrap() != sealed);
        let other = Master::new(vec![8; 32]);
        assert_eq!((m.open("b", &sealed), other.open("a", &sealed)), (None, None));
        for broken in ["", "zz", "00", &sealed[2..], &sealed[..sealed.len() - 2], &format!("{sealed}00")] {
            assert_eq!(m.open("a", broken), None, "{broken}");
        }
    }

    #[test]
    fn a_first_password_can_be_taken_and_is_another_each_time() {
        let m = Master::new(vec![7; 32]);
        for (at, p) in (0..50).flat_map(|at| Profile::ALL.map(|p| (at, p))) {
            assert_eq!(check(p, &m.first_password("sysadmin", at), &["sysadmin"]), Ok(()), "{at}");
        }
        assert_ne!(m.first_password("sysadmin", 1), m.first_password("sysadmin", 2));
        assert_ne!(m.recovery_code(1, "n", 0), m.recovery_code(1, "n", 1));
        assert_eq!(m.recovery_code(1, "n", 0).len(), 10);
    }
}
