//! The cryptographic port: SM2 signatures with SM3, sealing with SM4, keyed digests with SM3.
//!
//! [`Signer`] and [`Verifier`] are what the program asks for; [`SigningKeyFile`] and [`PublicKey`] answer from key
//! files. A certified module or HSM answers by implementing the same traits.

use std::path::{Path, PathBuf};

use aes_gcm::AesGcm;
use aes_gcm::aead::consts::U12;
use aes_gcm::aead::{Aead, KeyInit, Payload};
use hmac::{Hmac, Mac};
use kernel::Digest;
use sm2::SecretKey;
use sm2::dsa::signature::{Signer as _, Verifier as _};
use sm2::dsa::{Signature, SigningKey, VerifyingKey};
use sm2::pkcs8::{DecodePrivateKey, DecodePublicKey, EncodePrivateKey, EncodePublicKey, LineEnding};
use sm3::Sm3;
use sm4::Sm4;
use zeroize::Zeroizing;

use crate::durable;

/// The identity under which GB/T 35276 signs when none is agreed; `openssl` calls it `distid`.
const IDENTITY: &str = "1234567812345678";

/// Signs with a key it keeps to itself.
pub trait Signer: Send + Sync + 'static {
    /// SM2 signature over SM3, r then s, 32 bytes each.
    fn sign(&self, message: &[u8]) -> Result<[u8; 64], CryptoError>;

    /// Which key signs: SM3 of the public key's DER form.
    fn fingerprint(&self) -> Digest;
}

/// Knows a public key.
pub trait Verifier: Send + Sync {
    /// Whether the signature is over this message by this key.
    fn verifies(&self, message: &[u8], signature: &[u8; 64]) -> bool;

    /// Which key it is: SM3 of the public key's DER form.
    fn fingerprint(&self) -> Digest;
}

/// A key could not be made, read or used.
#[derive(Debug, thiserror::Error)]
pub enum CryptoError {
    /// The key file.
    #[error("密钥文件 {} 无法读写：{source}。请检查该文件是否存在、权限是否为 0600。", path.display())]
    File {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file holds no such key.
    #[error("密钥文件 {} 的内容不是有效的 SM2 密钥（PEM）。请换回正确的文件。", path.display())]
    NotAKey {
        /// Which file.
        path: PathBuf,
    },
    /// The system gives no random numbers.
    #[error("系统随机数不可用：{0}")]
    Random(#[from] getrandom::Error),
    /// Signing failed.
    #[error("SM2 签名失败，请检查签名密钥")]
    Sign,
    /// The bytes were not sealed with this key, or were altered.
    #[error("密文无法解开：密钥不符或密文被改动")]
    Unseal,
}

/// Random bytes that leave no trace in memory.
pub(crate) fn random<const N: usize>() -> Result<Zeroizing<[u8; N]>, CryptoError> {
    let mut bytes = Zeroizing::new([0; N]);
    getrandom::fill(bytes.as_mut_slice())?;
    Ok(bytes)
}

/// An SM2 private key in a PKCS#8 PEM file that only its owner may read.
pub struct SigningKeyFile {
    key: SigningKey,
    public: PublicKey,
}

impl SigningKeyFile {
    /// Makes a new key and writes it; refuses to replace a file.
    pub fn create(path: &Path) -> Result<Self, CryptoError> {
        let secret = loop {
            // All but about one in 2^32 draws are valid scalars.
            if let Ok(secret) = SecretKey::from_slice(random::<32>()?.as_slice()) {
                break secret;
            }
        };
        let pem = secret.to_pkcs8_pem(LineEnding::LF).map_err(|_| not_a_key(path))?;
        durable::create_secret(path, pem.as_bytes()).map_err(|source| file_error(path, source))?;
        Self::of(&secret, path)
    }

    /// Reads the key.
    pub fn open(path: &Path) -> Result<Self, CryptoError> {
        let pem = std::fs::read_to_string(path).map(Zeroizing::new).map_err(|source| file_error(path, source))?;
        let secret = SecretKey::from_pkcs8_pem(&pem).map_err(|_| not_a_key(path))?;
        Self::of(&secret, path)
    }

    fn of(secret: &SecretKey, path: &Path) -> Result<Self, CryptoError> {
        let key = SigningKey::new(IDENTITY, secret).map_err(|_| not_a_key(path))?;
        let public = PublicKey::of(secret.public_key()).ok_or_else(|| not_a_key(path))?;
        Ok(Self { key, public })
    }

    /// The public half.
    pub fn public(&self) -> &PublicKey {
        &self.public
    }
}

impl Signer for SigningKeyFile {
    fn sign(&self, message: &[u8]) -> Result<[u8; 64], CryptoError> {
        let signature: Signature = self.key.try_sign(message).map_err(|_| CryptoError::Sign)?;
        Ok(signature.to_bytes().into())
    }

    fn fingerprint(&self) -> Digest {
        self.public.fingerprint
    }
}

/// An SM2 public key.
#[derive(Clone, Debug)]
pub struct PublicKey {
    key: VerifyingKey,
    pem: String,
    fingerprint: Digest,
}

impl PublicKey {
    /// Reads a PEM file (`SubjectPublicKeyInfo`).
    pub fn open(path: &Path) -> Result<Self, CryptoError> {
        let pem = std::fs::read_to_string(path).map_err(|source| file_error(path, source))?;
        let key = sm2::PublicKey::from_public_key_pem(&pem).map_err(|_| not_a_key(path))?;
        Self::of(key).ok_or_else(|| not_a_key(path))
    }

    fn of(public: sm2::PublicKey) -> Option<Self> {
        let fingerprint = Digest::of(public.to_public_key_der().ok()?.as_bytes());
        let pem = public.to_public_key_pem(LineEnding::LF).ok()?;
        Some(Self { key: VerifyingKey::new(IDENTITY, public).ok()?, pem, fingerprint })
    }

    /// As a PEM file that other programs read.
    pub fn pem(&self) -> &str {
        &self.pem
    }
}

impl Verifier for PublicKey {
    fn verifies(&self, message: &[u8], signature: &[u8; 64]) -> bool {
        Signature::from_bytes(signature.into()).is_ok_and(|signature| self.key.verify(message, &signature).is_ok())
    }

    fn fingerprint(&self) -> Digest {
        self.fingerprint
    }
}

/// A 32-byte secret from which the keys for sealing and for keyed digests are derived.
pub(crate) struct Secret(Zeroizing<[u8; 32]>);

impl Secret {
    pub fn random() -> Result<Self, CryptoError> {
        random().map(Self)
    }

    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// HMAC-SM3 over the parts, each preceded by its length, so that no two lists of parts look the same.
    pub fn digest(&self, parts: &[&[u8]]) -> Digest {
        Digest::from_bytes(*self.hmac(b"digest", parts))
    }

    fn hmac(&self, use_for: &[u8], parts: &[&[u8]]) -> Zeroizing<[u8; 32]> {
        // HMAC fills a key shorter than the hash's block of 64 bytes with zeros.
        let mut key = Zeroizing::new([0_u8; 64]);
        key[..32].copy_from_slice(self.0.as_slice());
        let mut mac = <Hmac<Sm3> as KeyInit>::new((&*key).into());
        for part in std::iter::once(&use_for).chain(parts) {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part);
        }
        Zeroizing::new(mac.finalize().into_bytes().into())
    }

    fn cipher(&self) -> AesGcm<Sm4, U12> {
        let derived = self.hmac(b"seal", &[]);
        let mut key = Zeroizing::new([0_u8; 16]);
        key.copy_from_slice(&derived[..16]);
        AesGcm::new((&*key).into())
    }

    /// SM4-GCM (the construction of RFC 8998) under a random nonce: nonce (12 bytes) ‖ ciphertext ‖ tag (16 bytes).
    /// `bound` must be the same to open it: a sealed value cannot be moved to another place.
    pub fn seal(&self, bound: &[u8], plain: &[u8]) -> Result<Vec<u8>, CryptoError> {
        let nonce = random::<12>()?;
        let sealed = self.cipher().encrypt((&*nonce).into(), Payload { msg: plain, aad: bound });
        let sealed = sealed.map_err(|_| CryptoError::Unseal)?;
        Ok([nonce.as_slice(), &sealed].concat())
    }

    pub fn open(&self, bound: &[u8], sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, CryptoError> {
        let (nonce, sealed) = sealed.split_first_chunk::<12>().ok_or(CryptoError::Unseal)?;
        let plain = self.cipher().decrypt(nonce.into(), Payload { msg: sealed, aad: bound });
        plain.map(Zeroizing::new).map_err(|_| CryptoError::Unseal)
    }
}

fn file_error(path: &Path, source: std::io::Error) -> CryptoError {
    CryptoError::File { path: path.to_owned(), source }
}

fn not_a_key(path: &Path) -> CryptoError {
    CryptoError::NotAKey { path: path.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(text: &str) -> Vec<u8> {
        let digit = |c: char| c.to_digit(16).unwrap() as u8;
        let digits: Vec<u8> = text.chars().filter(|c| !c.is_whitespace()).map(digit).collect();
        digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect()
    }

    #[test]
    fn sm4_gcm_gives_the_figures_of_rfc_8998() {
        // RFC 8998, appendix A.1.
        let key: [u8; 16] = hex("0123456789ABCDEFFEDCBA9876543210").try_into().unwrap();
        let nonce: [u8; 12] = hex("00001234567800000000ABCD").try_into().unwrap();
        let bound = hex("FEEDFACEDEADBEEFFEEDFACEDEADBEEFABADDAD2");
        let plain = hex("AAAAAAAAAAAAAAAABBBBBBBBBBBBBBBBCCCCCCCCCCCCCCCCDDDDDDDDDDDDDDDD
             EEEEEEEEEEEEEEEEFFFFFFFFFFFFFFFFEEEEEEEEEEEEEEEEAAAAAAAAAAAAAAAA");
        let cipher = AesGcm::<Sm4, U12>::new((&key).into());
        let sealed = cipher.encrypt((&nonce).into(), Payload { msg: &plain, aad: &bound }).unwrap();
        let expected = hex("17F399F08C67D5EE19D0DC9969C4BB7D5FD46FD3756489069157B282BB200735
             D82710CA5C22F0CCFA7CBF93D496AC15A56834CBCF98C397B4024A2691233B8D
             83DE3541E4C2B58177E065A9BF7B62EC");
        assert_eq!(sealed, expected);
    }

    #[test]
    fn what_is_sealed_opens_only_in_its_place_and_unaltered() {
        let secret = Secret::random().unwrap();
        let mut sealed = secret.seal(b"place", "张三".as_bytes()).unwrap();
        assert_eq!(*secret.open(b"place", &sealed).unwrap(), "张三".as_bytes());
        assert!(secret.open(b"other place", &sealed).is_err());
        assert!(Secret::random().unwrap().open(b"place", &sealed).is_err());
        *sealed.last_mut().unwrap() ^= 1;
        assert!(secret.open(b"place", &sealed).is_err());
        assert!(secret.open(b"place", b"short").is_err());
    }

    #[test]
    fn a_keyed_digest_keeps_its_parts_apart() {
        let secret = Secret::from_bytes([7; 32]);
        assert_ne!(secret.digest(&[b"ab", b"c"]), secret.digest(&[b"a", b"bc"]));
        assert_ne!(secret.digest(&[b"ab"]), Secret::from_bytes([8; 32]).digest(&[b"ab"]));
    }

    #[test]
    fn a_signature_holds_for_its_message_and_key_only() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("signing.pem");
        let signer = SigningKeyFile::create(&path).unwrap();
        assert!(SigningKeyFile::create(&path).is_err(), "a key is never replaced");
        let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&path).unwrap().permissions());
        assert_eq!(mode & 0o777, 0o600);

        let public = directory.path().join("public.pem");
        std::fs::write(&public, signer.public().pem()).unwrap();
        let public = PublicKey::open(&public).unwrap();
        let signature = SigningKeyFile::open(&path).unwrap().sign(b"message").unwrap();
        assert!(public.verifies(b"message", &signature));
        assert!(!public.verifies(b"massage", &signature));
        assert_eq!(public.fingerprint(), signer.fingerprint());
        let other = SigningKeyFile::create(&directory.path().join("other.pem")).unwrap();
        assert!(!other.public().verifies(b"message", &signature));
    }
}
