//! The account a firm is paid to: kept where it can be read by whoever pays, known to the ledger by a digest only.

use std::sync::Arc;

use kernel::CreditCode;
use office::{BankAccount, Hall, SetClock};

fn firm(n: u32) -> CreditCode {
    CreditCode::complete(&format!("91500118TE5T{n:05}")).unwrap()
}

#[tokio::test]
async fn an_order_is_paid_where_it_says_even_after_the_firm_changed_its_account() {
    let place = tempfile::tempdir().unwrap();
    let clock = Arc::new(SetClock::at("2026-03-02T02:00:00Z".parse().unwrap()));
    let hall = Hall::open(place.path(), clock, |_| ()).await.unwrap();
    assert_eq!(hall.account(firm(1)).await.unwrap(), None);
    let first = BankAccount::new("示例封测有限公司", "示例银行重庆分行", "6200 0000 0000 0001").unwrap();
    let named = hall.keep_account(firm(1), &first).await.unwrap();
    assert_eq!(hall.keep_account(firm(1), &first).await.unwrap(), named, "the same account has the same digest");
    assert_ne!(hall.keep_account(firm(2), &first).await.unwrap(), named, "and another under another firm");
    let second = BankAccount::new("示例封测有限公司", "示例银行重庆分行", "6200000000000002").unwrap();
    let now = hall.keep_account(firm(1), &second).await.unwrap();
    assert_eq!(hall.account(firm(1)).await.unwrap(), Some((now, second)));
    assert_eq!(hall.named_account(firm(1), &named).await.unwrap(), Some(first));
    assert_eq!(hall.named_account(firm(2), &now).await.unwrap(), None, "an account is found under its own firm only");
}

#[test]
fn an_account_is_checked_where_it_enters_and_shown_by_its_last_digits() {
    let account = BankAccount::new(" 示例公司 ", "示例银行", "6200-0000 00001234").unwrap();
    assert_eq!(
        (account.holder(), account.number(), account.masked()),
        ("示例公司", "6200000000001234", "**** 1234".to_owned())
    );
    let refused = |holder, bank, number| BankAccount::new(holder, bank, number).unwrap_err().field.unwrap();
    assert_eq!(refused("", "示例银行", "6200000000001234"), "account_holder");
    assert_eq!(refused("示例公司", "示例\n银行", "6200000000001234"), "account_bank");
    assert_eq!(refused("示例公司", "示例银行", "62000O00001234"), "account_number");
}
