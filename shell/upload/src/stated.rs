//! From what a document states in one or more places to an invoice: read, compared, never guessed.
//!
//! Facts used: the number of a fully digital invoice has 20 digits and begins with the last two of its year
//! (国家税务总局公告2024年第11号); before it, electronic invoices have a number of 8 digits under a code of 12 that
//! begins with 0 and ends in 11 (ordinary, 公告2015年第84号), 12 (tolls, 公告2017年第66号 with the Ministry of
//! Transport) or 13 (special, 公告2020年第22号); other machines print codes of 10.

use kernel::{CreditCode, Date, Money};

use crate::unacceptable::shortened;
use crate::{Field, Invoice, InvoiceKind, Remark};

/// One field as one place of the document states it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Stated {
    pub(crate) field: Field,
    pub(crate) text: String,
    pub(crate) place: &'static str,
}

/// All that a document states about one invoice.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Statements {
    pub(crate) fields: Vec<Stated>,
    /// `None`: not stated.
    pub(crate) kind: Option<InvoiceKind>,
    pub(crate) red: bool,
}

/// A field that was stated, and whether it could be believed.
enum Settled<T> {
    Absent,
    /// Stated, and told in a remark why it is not taken.
    Doubtful,
    Known(T),
}

impl<T> Settled<T> {
    fn known(self) -> Option<T> {
        match self {
            Self::Known(value) => Some(value),
            Self::Absent | Self::Doubtful => None,
        }
    }
}

struct Settling<'a> {
    fields: &'a [Stated],
    remarks: Vec<Remark>,
}

impl Statements {
    pub(crate) fn state(&mut self, field: Field, text: &str, place: &'static str) {
        let text = text.trim();
        // Stars stand where the tax is not shown (exempt, or taxed on a difference).
        if !text.is_empty() && !is_stars(text) {
            self.fields.push(Stated { field, text: text.to_owned(), place });
        }
    }

    /// The invoice, if number, date and amounts are known; and what to remark.
    pub(crate) fn settle(&self) -> (Option<Invoice>, Vec<Remark>) {
        let mut settling = Settling { fields: &self.fields, remarks: Vec::new() };
        let invoice = settling.invoice(self);
        (invoice, settling.remarks)
    }
}

impl Settling<'_> {
    fn invoice(&mut self, statements: &Statements) -> Option<Invoice> {
        let number = self.required(Field::Number, number);
        let code = match &number {
            Some(number) if number.len() == DIGITAL_NUMBER => Some(None),
            Some(_) => self.required(Field::Code, code).map(Some),
            None => None,
        };
        let issued = self.required(Field::Issued, date);
        let amounts = self.amounts();
        let seller = self.party(Field::Seller);
        if seller.is_none() && !self.remarks.iter().any(|remark| names(remark, Field::Seller)) {
            self.remarks.push(Remark::Unreadable { field: Field::Seller, text: None });
        }
        let seller_name = self.required(Field::SellerName, |text| Some(Name(text.to_owned())));
        let buyer = self.party(Field::Buyer);
        let buyer_name = self.required(Field::BuyerName, |text| Some(Name(text.to_owned())));
        let (number, code, issued, (net, tax, total)) = (number?, code?, issued?, amounts?);
        let invoice = Invoice {
            kind: statements.kind.unwrap_or_else(|| kind_of(code.as_deref())),
            code,
            number,
            issued,
            seller,
            seller_name: seller_name.map(|name| name.0),
            buyer,
            buyer_name: buyer_name.map(|name| name.0),
            net,
            tax,
            total,
            red: statements.red || total.is_negative(),
        };
        self.examine(&invoice);
        Some(invoice)
    }

    /// A value, when at least one place states it and all places that state it agree.
    fn value<T: PartialEq>(&mut self, field: Field, read: impl Fn(&str) -> Option<T>) -> Settled<T> {
        let mut settled: Option<(T, &Stated)> = None;
        let mut stated_at_all = false;
        for stated in self.fields.iter().filter(|stated| stated.field == field) {
            stated_at_all = true;
            let Some(value) = read(&stated.text) else {
                self.remarks.push(Remark::Unreadable { field, text: Some(shortened(&stated.text)) });
                continue;
            };
            match &settled {
                Some((first, at)) if *first != value => {
                    self.remarks.push(Remark::Disagreement {
                        field,
                        first_place: at.place.to_owned(),
                        first: shortened(&at.text),
                        second_place: stated.place.to_owned(),
                        second: shortened(&stated.text),
                    });
                    return Settled::Doubtful;
                }
                Some(_) => {}
                None => settled = Some((value, stated)),
            }
        }
        match settled {
            Some((value, _)) => Settled::Known(value),
            None if stated_at_all => Settled::Doubtful,
            None => Settled::Absent,
        }
    }

    /// A value that every invoice has; its absence is remarked.
    fn required<T: PartialEq>(&mut self, field: Field, read: impl Fn(&str) -> Option<T>) -> Option<T> {
        let settled = self.value(field, read);
        if matches!(settled, Settled::Absent) {
            self.remarks.push(Remark::Unreadable { field, text: None });
        }
        settled.known()
    }

    /// The credit code of seller or buyer. Old numbers and those of persons are named in a remark.
    fn party(&mut self, field: Field) -> Option<CreditCode> {
        let text = self.value(field, |text| Some(text.to_uppercase())).known()?;
        text.parse()
            .map_err(|error: kernel::credit_code::CreditCodeError| {
                self.remarks.push(Remark::NotACreditCode { field, text: shortened(&text), why: error.to_string() });
            })
            .ok()
    }

    /// Net, tax and total. One that is not stated follows from the two others; one that is doubtful does not.
    fn amounts(&mut self) -> Option<(Money, Money, Money)> {
        let [net, tax, total] = [Field::Net, Field::Tax, Field::Total].map(|field| self.value(field, amount));
        let (field, amounts) = match (net, tax, total) {
            (Settled::Known(net), Settled::Known(tax), Settled::Known(total)) => return Some((net, tax, total)),
            (Settled::Absent, Settled::Known(tax), Settled::Known(total)) => (Field::Net, (total - tax, tax, total)),
            (Settled::Known(net), Settled::Absent, Settled::Known(total)) => (Field::Tax, (net, total - net, total)),
            (Settled::Known(net), Settled::Known(tax), Settled::Absent) => (Field::Total, (net, tax, net + tax)),
            (net, tax, total) => {
                for (field, amount) in [(Field::Net, net), (Field::Tax, tax), (Field::Total, total)] {
                    if matches!(amount, Settled::Absent) {
                        self.remarks.push(Remark::Unreadable { field, text: None });
                    }
                }
                return None;
            }
        };
        self.remarks.push(Remark::Derived { field });
        Some(amounts)
    }

    /// What is odd about an invoice that was read.
    fn examine(&mut self, invoice: &Invoice) {
        let number = invoice.number.clone();
        let &Invoice { net, tax, total, issued, red, .. } = invoice;
        if net + tax != total {
            self.remarks.push(Remark::Sum { number: number.clone(), net, tax, total });
        }
        let year = format!("{:02}", issued.year() % 100);
        if number.len() == DIGITAL_NUMBER && !number.starts_with(&year) {
            self.remarks.push(Remark::NumberYear { number: number.clone(), issued });
        }
        if red {
            self.remarks.push(Remark::Red { number: number.clone() });
        }
        self.remarks.push(Remark::NotVerified { number });
    }
}

fn names(remark: &Remark, sought: Field) -> bool {
    matches!(remark, Remark::NotACreditCode { field, .. } | Remark::Disagreement { field, .. } if *field == sought)
}

/// A name; brackets and blanks of either width are the same.
struct Name(String);

impl PartialEq for Name {
    fn eq(&self, other: &Self) -> bool {
        let plain = |name: &str| -> String {
            let letters = name.chars().filter(|letter| !letter.is_whitespace());
            letters
                .map(|letter| match letter {
                    '（' => '(',
                    '）' => ')',
                    other => other,
                })
                .collect()
        };
        plain(&self.0) == plain(&other.0)
    }
}

/// Digits in the number of a fully digital invoice.
const DIGITAL_NUMBER: usize = 20;

fn digits(text: &str, lengths: &[usize]) -> Option<String> {
    (lengths.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.to_owned())
}

fn number(text: &str) -> Option<String> {
    digits(text, &[8, DIGITAL_NUMBER])
}

fn code(text: &str) -> Option<String> {
    digits(text, &[10, 12])
}

fn kind_of(code: Option<&str>) -> InvoiceKind {
    match code.filter(|code| code.len() == 12 && code.starts_with('0')).and_then(|code| code.get(10..)) {
        Some("11" | "12") => InvoiceKind::Ordinary,
        Some("13") => InvoiceKind::Special,
        _ => InvoiceKind::Unstated,
    }
}

fn is_stars(text: &str) -> bool {
    let text = text.trim_start_matches(['¥', '￥', ' ']);
    !text.is_empty() && text.chars().all(|letter| letter == '*')
}

/// Yuan; zeros beyond the second decimal carry nothing.
fn amount(text: &str) -> Option<Money> {
    let plain: String =
        text.chars().filter(|letter| !letter.is_whitespace() && !matches!(letter, '¥' | '￥')).collect();
    let plain = match plain.split_once('.') {
        Some((whole, decimals)) if decimals.len() > 2 => {
            let (kept, rest) = decimals.split_at_checked(2)?;
            if rest.bytes().any(|byte| byte != b'0') {
                return None;
            }
            format!("{whole}.{kept}")
        }
        _ => plain,
    };
    plain.parse().ok()
}

/// `2026年08月05日`, `2026-08-05`, `2026/8/5`, `20260805`, each with or without a time behind it.
fn date(text: &str) -> Option<Date> {
    let day = text.split(['T', ' ']).next().unwrap_or_default();
    let parts: Vec<&str> = day.split(['年', '月', '日', '-', '/']).filter(|part| !part.is_empty()).collect();
    let whole = |part: &str, most: usize| -> Option<i16> {
        (part.len() <= most && part.bytes().all(|byte| byte.is_ascii_digit())).then(|| part.parse().ok()).flatten()
    };
    let (year, month, day) = match parts.as_slice() {
        [year, month, day] if year.len() == 4 => (*year, *month, *day),
        [day] if day.is_ascii() && matches!(day.len(), 8 | 14 | 17) => (day.get(..4)?, day.get(4..6)?, day.get(6..8)?),
        _ => return None,
    };
    Date::new(whole(year, 4)?, whole(month, 2)?.try_into().ok()?, whole(day, 2)?.try_into().ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole() -> Statements {
        let mut statements = Statements { kind: Some(InvoiceKind::Special), ..Statements::default() };
        for (field, text) in [
            (Field::Number, "26502000000012345678"),
            (Field::Issued, "2026年03月05日"),
            (Field::Seller, "91500000MAEX00010T"),
            (Field::SellerName, "示例仪器有限公司"),
            (Field::Buyer, "91500106MAEX00029K"),
            (Field::BuyerName, "示例（重庆）封测有限公司"),
            (Field::Net, "¥1,000.00"),
            (Field::Tax, "130"),
            (Field::Total, "1130.000000"),
        ] {
            statements.state(field, text, "发票 XML");
        }
        statements
    }

    fn without(field: Field) -> Statements {
        let mut statements = whole();
        statements.fields.retain(|stated| stated.field != field);
        statements
    }

    #[test]
    fn a_whole_statement_is_an_invoice_that_nobody_verified() {
        let (invoice, remarks) = whole().settle();
        let invoice = invoice.unwrap();
        assert_eq!(
            (invoice.net, invoice.tax, invoice.total),
            (Money::from_yuan(1000), Money::from_yuan(130), Money::from_yuan(1130))
        );
        assert_eq!((invoice.kind, invoice.code.as_deref(), invoice.red), (InvoiceKind::Special, None, false));
        assert_eq!(invoice.issued.to_string(), "2026-03-05");
        assert_eq!(invoice.identity(), "26502000000012345678");
        assert_eq!(remarks, [Remark::NotVerified { number: "26502000000012345678".into() }]);
        assert!(invoice.seen_on("2026-03-04".parse().unwrap()).is_some());
        assert_eq!(invoice.seen_on(invoice.issued), None);
    }

    #[test]
    fn places_that_disagree_are_both_disbelieved() {
        let mut statements = whole();
        statements.state(Field::Total, "113000.00", "票面");
        let (invoice, remarks) = statements.settle();
        assert_eq!(invoice, None);
        assert!(remarks[0].to_string().contains("价税合计前后不一"), "{}", remarks[0]);
        let mut statements = whole();
        statements.state(Field::BuyerName, "示例(重庆) 封测有限公司", "票面");
        statements.state(Field::Issued, "2026-03-05 11:00:00", "票面");
        assert!(statements.settle().0.is_some(), "the same in another form");
        let mut statements = whole();
        statements.state(Field::SellerName, "另一家公司", "票面");
        assert_eq!(statements.settle().0.unwrap().seller_name, None);
    }

    #[test]
    fn what_is_missing_or_unreadable_is_named() {
        for field in [Field::Number, Field::Issued] {
            let (invoice, remarks) = without(field).settle();
            assert_eq!(invoice, None);
            assert!(remarks.contains(&Remark::Unreadable { field, text: None }), "{remarks:?}");
        }
        let mut statements = without(Field::Issued);
        statements.state(Field::Issued, "2026-13-05", "票面");
        let (invoice, remarks) = statements.settle();
        assert_eq!(invoice, None);
        assert_eq!(remarks[0], Remark::Unreadable { field: Field::Issued, text: Some("2026-13-05".into()) });
        let (invoice, remarks) = without(Field::Seller).settle();
        assert_eq!(invoice.unwrap().seller, None);
        assert_eq!(remarks[0], Remark::Unreadable { field: Field::Seller, text: None });
        let (invoice, remarks) = without(Field::Buyer).settle();
        assert!(invoice.is_some() && remarks.len() == 1, "a person has no code");
    }

    #[test]
    fn a_third_amount_follows_from_two_and_stars_are_no_amount() {
        for field in [Field::Net, Field::Tax, Field::Total] {
            let (invoice, remarks) = without(field).settle();
            assert_eq!(invoice, whole().settle().0);
            assert_eq!(remarks[0], Remark::Derived { field });
        }
        let mut statements = without(Field::Tax);
        statements.fields.retain(|stated| stated.field != Field::Total);
        statements.state(Field::Tax, "¥***", "票面");
        statements.state(Field::Total, "1000.00", "票面");
        assert_eq!(statements.settle().0.unwrap().tax, Money::ZERO);
        let mut statements = without(Field::Tax);
        statements.state(Field::Tax, "一百三十", "票面");
        assert_eq!(statements.settle().0, None, "stated and unreadable is not the same as not stated");
        let mut statements = without(Field::Tax);
        statements.fields.retain(|stated| stated.field != Field::Total);
        assert_eq!(statements.settle().0, None);
    }

    #[test]
    fn oddities_are_remarked() {
        let mut statements = whole();
        for stated in &mut statements.fields {
            match stated.field {
                Field::Total => stated.text = "1131.00".into(),
                Field::Number => stated.text = "25502000000012345678".into(),
                Field::Buyer => stated.text = "500102196001011234".into(),
                _ => {}
            }
        }
        statements.red = true;
        let (invoice, remarks) = statements.settle();
        assert_eq!(invoice.unwrap().buyer, None);
        let said: Vec<String> = remarks.iter().map(Remark::to_string).collect();
        for words in ["不是有效的统一社会信用代码", "不等于价税合计", "年度位", "红字发票"] {
            assert!(said.iter().any(|sentence| sentence.contains(words)), "{words}: {said:?}");
        }
    }

    #[test]
    fn older_invoices_need_their_code() {
        let mut statements = without(Field::Number);
        statements.kind = None;
        statements.state(Field::Number, "12345678", "附件");
        assert_eq!(statements.settle().0, None);
        statements.state(Field::Code, "050001700111", "附件");
        let invoice = statements.settle().0.unwrap();
        assert_eq!((invoice.kind, invoice.identity().as_str()), (InvoiceKind::Ordinary, "05000170011112345678"));
    }

    #[test]
    fn dates_and_amounts_in_all_their_forms() {
        for text in ["2026-08-05", "2026-08-05T10:11:12", "2026年8月5日", "2026/8/5 9:00", "20260805", "20260805101112"]
        {
            assert_eq!(date(text).map(|day| day.to_string()).as_deref(), Some("2026-08-05"), "{text}");
        }
        for text in ["", "2026", "05-08-2026", "2026-02-30", "20261305", "二〇二六年"] {
            assert_eq!(date(text), None, "{text}");
        }
        assert_eq!(amount("￥ 12.5"), Some(Money::from_fen(1250)));
        assert_eq!(amount("-12.500"), Some(Money::from_fen(-1250)));
        for text in ["12.505", "1e3", "", "12.5元", "12.五五五"] {
            assert_eq!(amount(text), None, "{text}");
        }
    }
}
