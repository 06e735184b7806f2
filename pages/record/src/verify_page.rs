//! 如何验证: how anybody proves that the ledger was not rewritten, in plain words and exact commands.

use askama::Template;
use office::hall::{Chain, SignedCheckpoint};
use web::{Answer, Counter, Page, file};

/// Checkpoints of each chain that the page shows.
const SHOWN: usize = 10;

#[derive(Template)]
#[template(path = "verify.html")]
struct VerifyPage {
    latest: Option<Proof>,
    rows: Vec<Row>,
    count: usize,
    key: String,
}

struct Row {
    chain: &'static str,
    sequence: String,
    batch: u64,
    at: String,
    digest: String,
    signature: String,
}

/// What somebody types to believe one checkpoint with nothing but OpenSSL.
struct Proof {
    at: String,
    fingerprint: String,
    commands: String,
}

fn name(chain: Chain) -> &'static str {
    match chain {
        Chain::Ledger => "账本",
        Chain::Access => "访问日志",
    }
}

impl Row {
    fn of(signed: &SignedCheckpoint) -> Self {
        Self {
            chain: name(signed.chain),
            sequence: signed.sequence.to_string(),
            batch: signed.batch,
            at: kernel::date::minute(signed.at),
            digest: signed.digest.to_string(),
            signature: signed.signature.clone(),
        }
    }
}

impl Proof {
    /// Signatures are kept as r and s; OpenSSL reads them in DER form and can make that itself.
    fn of(signed: &SignedCheckpoint) -> Option<Self> {
        let (r, s) = signed.signature.split_at_checked(64)?;
        let message = signed.checkpoint().message().replace('\n', "\\n");
        let commands = format!(
            "printf '{message}' > message.txt\n\
             printf 'asn1=SEQUENCE:rs\\n[rs]\\nr=INTEGER:0x{r}\\ns=INTEGER:0x{s}\\n' > signature.cnf\n\
             openssl asn1parse -genconf signature.cnf -noout -out signature.der\n\
             openssl dgst -sm3 -sigopt distid:1234567812345678 -verify public-key.pem -signature signature.der message.txt"
        );
        Some(Self { at: kernel::date::minute(signed.at), fingerprint: signed.key.to_string(), commands })
    }
}

/// The page.
pub async fn verify(counter: Counter, page: Page) -> Answer {
    let published = counter.hall.checkpoints().await?;
    let of = |chain| published.iter().rev().filter(move |signed| signed.chain == chain);
    let rows = [Chain::Ledger, Chain::Access].into_iter().flat_map(|chain| of(chain).take(SHOWN).map(Row::of));
    let content = VerifyPage {
        latest: of(Chain::Ledger).next().and_then(Proof::of),
        rows: rows.collect(),
        count: published.len(),
        key: String::from_utf8_lossy(&counter.hall.public_key().await?).trim_end().to_owned(),
    };
    page.title("如何验证").show(&content)
}

/// All checkpoints, to be kept elsewhere.
pub async fn checkpoints(counter: Counter) -> Answer {
    Ok(file(counter.hall.checkpoint_file().await?, "application/jsonl", "checkpoints.jsonl"))
}

/// The key they are signed with.
pub async fn public_key(counter: Counter) -> Answer {
    Ok(file(counter.hall.public_key().await?, "application/x-pem-file", "public-key.pem"))
}
