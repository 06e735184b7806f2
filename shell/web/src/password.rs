//! Passwords: argon2id with 64 MiB and three passes.

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use tokio::sync::Semaphore;

/// Hashes worked out at once: each takes 64 MiB and a core.
const AT_ONCE: usize = 2;
/// Fewest characters of a password.
pub(crate) const SHORTEST: usize = 10;
/// Most bytes of a password; longer input is refused before it costs anything.
const LONGEST: usize = 256;

/// Makes and checks password hashes. Shared: it bounds how many are worked out at once.
pub struct Passwords {
    argon2: Argon2<'static>,
    turns: Semaphore,
    /// Of no password: checked against when a login does not exist, so that both cost the same.
    nobody: String,
}

/// A password that cannot be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PasswordError {
    /// Too few characters.
    #[error("密码至少 {SHORTEST} 个字符，可以用几个不相关的词连起来")]
    TooShort,
    /// Too many.
    #[error("密码过长，请控制在 {LONGEST} 字节以内")]
    TooLong,
    /// One and the same character, or a row of them.
    #[error("密码过于简单：不要全部用相同或连续的字符")]
    TooSimple,
    /// The machine has no memory or randomness left.
    #[error("暂时无法处理密码，请稍后再试")]
    Unavailable,
}

impl Passwords {
    /// Ready to check: works out one hash.
    pub fn new() -> Result<Self, PasswordError> {
        Self::with(Params::new(64 << 10, 3, 1, None))
    }

    /// For tests, which would otherwise spend their time here.
    #[cfg(any(test, feature = "testing"))]
    pub fn cheap() -> Result<Self, PasswordError> {
        Self::with(Params::new(8, 1, 1, None))
    }

    fn with(params: Result<Params, argon2::Error>) -> Result<Self, PasswordError> {
        let params = params.map_err(|_| PasswordError::Unavailable)?;
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let nobody = argon2.hash_password(b"nobody has this password").map_err(|_| PasswordError::Unavailable)?;
        Ok(Self { argon2, turns: Semaphore::new(AT_ONCE), nobody: nobody.to_string() })
    }

    /// The PHC string of a new password, which must be good enough.
    pub async fn hash(&self, password: &str) -> Result<String, PasswordError> {
        check(password)?;
        let (argon2, password) = (self.argon2.clone(), password.to_owned());
        let work = move || argon2.hash_password(password.as_bytes()).map(|hash| hash.to_string());
        let hashed = self.in_turn(work).await?;
        hashed.map_err(|_| PasswordError::Unavailable)
    }

    /// Whether a password fits a hash. Without a hash it fits never, and costs the same.
    pub async fn fits(&self, password: &str, hash: Option<&str>) -> Result<bool, PasswordError> {
        let exists = hash.is_some();
        let hash = hash.unwrap_or(&self.nobody).to_owned();
        let (argon2, password) = (self.argon2.clone(), password.to_owned());
        let is_long = password.len() > LONGEST;
        let work = move || {
            let parsed = PasswordHash::new(&hash);
            parsed.is_ok_and(|hash| argon2.verify_password(password.as_bytes(), &hash).is_ok())
        };
        Ok(!is_long && self.in_turn(work).await? && exists)
    }

    async fn in_turn<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, PasswordError> {
        let _turn = self.turns.acquire().await.map_err(|_| PasswordError::Unavailable)?;
        tokio::task::spawn_blocking(work).await.map_err(|_| PasswordError::Unavailable)
    }
}

/// A password for somebody else's first sign-in: sixteen characters that cannot be mistaken for one another, in groups
/// of four, 80 bits.
pub fn one_time_password() -> Result<String, PasswordError> {
    const LETTERS: &[u8; 32] = b"23456789abcdefghijkmnpqrstuvwxyz";
    let mut random = [0_u8; 16];
    getrandom::fill(&mut random).map_err(|_| PasswordError::Unavailable)?;
    let letter = |byte: &u8| char::from(LETTERS[usize::from(byte % 32)]);
    let groups: Vec<String> = random.chunks(4).map(|group| group.iter().map(letter).collect()).collect();
    Ok(groups.join("-"))
}

fn check(password: &str) -> Result<(), PasswordError> {
    if password.len() > LONGEST {
        return Err(PasswordError::TooLong);
    }
    let points: Vec<u32> = password.chars().map(u32::from).collect();
    if points.len() < SHORTEST {
        return Err(PasswordError::TooShort);
    }
    // 1111111111, 1234567890, zyxwvutsrq: each the same step from the last, but for one.
    let step = |pair: &[u32]| i64::from(pair[1]) - i64::from(pair[0]);
    let odd = |most: i64| points.windows(2).filter(|pair| step(pair) != most).count();
    if (-1..=1).any(|most| odd(most) <= 1) {
        return Err(PasswordError::TooSimple);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_fits_its_own_hash_only() {
        let passwords = Passwords::cheap().unwrap();
        let hash = passwords.hash("封装 测试 一 二 三 四").await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$"));
        assert!(passwords.fits("封装 测试 一 二 三 四", Some(&hash)).await.unwrap());
        assert!(!passwords.fits("封装 测试 一 二 三 五", Some(&hash)).await.unwrap());
        assert!(!passwords.fits("nobody has this password", None).await.unwrap(), "no login, no way in");
    }

    #[tokio::test]
    async fn hashes_use_64_mebibytes_and_three_passes() {
        let hash = Passwords::new().unwrap().hash("long enough to do").await.unwrap();
        assert!(hash.contains("m=65536,t=3,p=1"), "{hash}");
    }

    #[test]
    fn one_time_passwords_are_long_and_differ() {
        let (one, other) = (one_time_password().unwrap(), one_time_password().unwrap());
        assert_eq!((one.len(), check(&one)), (19, Ok(())));
        assert_ne!(one, other);
    }

    #[test]
    fn weak_passwords_are_refused() {
        assert_eq!(check("short"), Err(PasswordError::TooShort));
        assert_eq!(check("1234567890"), Err(PasswordError::TooSimple));
        assert_eq!(check("aaaaaaaaaaaa"), Err(PasswordError::TooSimple));
        assert_eq!(check(&"长".repeat(100)), Err(PasswordError::TooLong));
        assert_eq!(check("zyxwvutsrq"), Err(PasswordError::TooSimple));
        assert_eq!(check("1029384756"), Ok(()));
    }
}
