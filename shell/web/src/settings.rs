//! What an operator can set.

use std::path::PathBuf;
use std::time::Duration;

use axum::http::HeaderName;

/// How strict and how patient the gate is.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Served over HTTPS: the session cookie is `Secure` and its name is host-bound, and browsers are told to stay
    /// with HTTPS.
    pub secure: bool,
    /// A session unused for this long ends.
    pub idle: Duration,
    /// A session ends after this long however busy.
    pub longest: Duration,
    /// How long a proof of identity lasts for approvals.
    pub proof: Duration,
    /// Largest body of a form without files, in bytes.
    pub form_bytes: usize,
    /// Largest body of a form with large files, in bytes.
    pub large_body_bytes: usize,
    /// Where large files lie while they come in: best on the file system they will stay on.
    pub incoming_folder: PathBuf,
    /// How long a handler may take.
    pub patience: Duration,
    /// Requests of one client at once before it must wait.
    pub burst: u32,
    /// Requests of one client per minute in the long run.
    pub per_minute: u32,
    /// Sign-in attempts of one client per minute.
    pub sign_ins_per_minute: u32,
    /// Forms of one client per minute that anybody may write into the record with.
    pub words_per_minute: u32,
    /// Signs form tokens. Without one it is made at start, and forms opened before a restart must be opened again.
    pub form_secret: Option<[u8; 32]>,
    /// Behind a proxy: the header whose last value is the client's address.
    pub client_header: Option<HeaderName>,
}

impl Default for Settings {
    /// 30 minutes idle, 12 hours in all, 5 minutes of proof, 256 KiB forms, 4 GiB of large files, 30 s, 600 requests a minute, plain HTTP.
    fn default() -> Self {
        Self {
            secure: false,
            idle: Duration::from_secs(30 * 60),
            longest: Duration::from_secs(12 * 3600),
            proof: Duration::from_secs(5 * 60),
            form_bytes: 256 << 10,
            large_body_bytes: 4 << 30,
            incoming_folder: std::env::temp_dir().join("fengce-incoming"),
            patience: Duration::from_secs(30),
            burst: 300,
            per_minute: 600,
            sign_ins_per_minute: 20,
            words_per_minute: 6,
            form_secret: None,
            client_header: None,
        }
    }
}
