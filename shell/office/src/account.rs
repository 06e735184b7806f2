//! Bank accounts of firms: in the vault under the firm's subject, every one an order ever named. The ledger knows an
//! account by a digest that only this vault can compute.

use kernel::{CommandId, CreditCode, Digest, Refusal};
use ledger::vault::Subject;

use crate::hall::{Hall, HallError};

/// The vault's name for the account in use.
const IN_USE: &str = "bank account";

/// Where a firm is paid. Made by [`BankAccount::new`] only, so that equal accounts are equal texts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BankAccount {
    holder: String,
    bank: String,
    number: String,
}

impl BankAccount {
    /// 户名, 开户银行 (with its branch) and 账号, as the bank writes them; spaces in the number are left out.
    pub fn new(holder: &str, bank: &str, number: &str) -> Result<Self, Refusal> {
        let text = |field: &'static str, what: &str, text: &str| {
            let text = text.trim();
            if text.is_empty() || text.chars().count() > 100 || text.contains(char::is_control) {
                return Err(Refusal::invalid(field, format!("{what}应为 1 至 100 个字。")));
            }
            Ok(text.to_owned())
        };
        let number: String = number.chars().filter(|c| !c.is_whitespace() && *c != '-').collect();
        if !(8..=32).contains(&number.len()) || !number.bytes().all(|b| b.is_ascii_digit()) {
            return Err(Refusal::invalid(
                "account_number",
                "银行账号应为 8 至 32 位数字，请对照开户许可证或网银填写。",
            ));
        }
        Ok(Self {
            holder: text("account_holder", "户名", holder)?,
            bank: text("account_bank", "开户银行", bank)?,
            number,
        })
    }

    /// 户名
    pub fn holder(&self) -> &str {
        &self.holder
    }

    /// 开户银行
    pub fn bank(&self) -> &str {
        &self.bank
    }

    /// 账号: for whoever pays, and the firm itself.
    pub fn number(&self) -> &str {
        &self.number
    }

    /// The last four digits, for everybody else who has to tell accounts apart.
    pub fn masked(&self) -> String {
        let last = self.number.get(self.number.len().saturating_sub(4)..).unwrap_or_default();
        format!("**** {last}")
    }

    /// As the vault keeps it; no part holds a line end.
    fn written(&self) -> String {
        [self.holder.as_str(), &self.bank, &self.number].join("\n")
    }
}

impl Hall {
    /// Keeps the account a firm is paid to from now on, and answers with the digest an order names it by. Accounts
    /// named earlier stay: an order is paid where it says.
    pub async fn keep_account(&self, firm: CreditCode, account: &BankAccount) -> Result<Digest, HallError> {
        let (vault, subject) = (&self.store().vault, subject(firm));
        let plain = account.written();
        let digest = vault.digest(subject, IN_USE, plain.as_bytes()).await?;
        vault.put(subject, &named(&digest), plain.as_bytes()).await?;
        vault.put(subject, IN_USE, plain.as_bytes()).await?;
        Ok(digest)
    }

    /// The account a firm is paid to, and the digest an order names it by; `None` where it gave none.
    pub async fn account(&self, firm: CreditCode) -> Result<Option<(Digest, BankAccount)>, HallError> {
        let (vault, subject) = (&self.store().vault, subject(firm));
        let Some(plain) = vault.get(subject, IN_USE).await? else { return Ok(None) };
        let digest = vault.digest(subject, IN_USE, &plain).await?;
        Ok(read(&plain).map(|account| (digest, account)))
    }

    /// The account an order names.
    pub async fn named_account(&self, firm: CreditCode, digest: &Digest) -> Result<Option<BankAccount>, HallError> {
        Ok(self.store().vault.get(subject(firm), &named(digest)).await?.and_then(|plain| read(&plain)))
    }
}

fn read(plain: &[u8]) -> Option<BankAccount> {
    let mut lines = std::str::from_utf8(plain).ok()?.split('\n').map(str::to_owned);
    Some(BankAccount { holder: lines.next()?, bank: lines.next()?, number: lines.next()? })
}

fn named(digest: &Digest) -> String {
    format!("{IN_USE} {digest}")
}

/// A firm in the vault: always the same for the same code.
fn subject(firm: CreditCode) -> Subject {
    Subject(CommandId::derived([b"firm in the vault", firm.as_str().as_bytes()]).0)
}
