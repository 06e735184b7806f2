//! ClamAV's daemon as the scanner: `clamd`, asked over TCP or a Unix socket (`man clamd`, COMMANDS).

use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpStream, UnixStream};

use crate::unacceptable::shortened;
use crate::{BoxFuture, Scanner, Verdict};

/// Where the daemon listens: `tcp://127.0.0.1:3310` or `unix:/run/clamav/clamd.ctl`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClamdAddress {
    /// Host and port. The file travels unencrypted: only within one machine or a network of one's own.
    Tcp(String),
    /// A socket in the file system.
    Unix(PathBuf),
}

/// A text that is no address of the daemon.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("“{0}”不是 clamd 的地址：请写成 tcp://主机:端口 或 unix:/套接字路径")]
pub struct ClamdAddressError(String);

impl FromStr for ClamdAddress {
    type Err = ClamdAddressError;

    fn from_str(text: &str) -> Result<Self, ClamdAddressError> {
        let is_port = |host: &&str| {
            host.rsplit_once(':').is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok())
        };
        if let Some(host) = text.strip_prefix("tcp://").filter(is_port) {
            return Ok(Self::Tcp(host.to_owned()));
        }
        match text.strip_prefix("unix:").filter(|path| path.starts_with('/')) {
            Some(path) => Ok(Self::Unix(path.into())),
            None => Err(ClamdAddressError(text.to_owned())),
        }
    }
}

/// Asks `clamd`.
#[derive(Clone, Debug)]
pub struct Clamd {
    /// Where it listens.
    pub address: ClamdAddress,
    /// For one file, connection and answer included. 60 seconds suit files of some ten megabytes.
    pub time_limit: Duration,
    /// Larger files are not sent. At most the daemon's own `StreamMaxLength`.
    pub size_limit: u64,
}

/// Bytes sent at a time.
const CHUNK: usize = 64 << 10;
/// No answer of the daemon to one question is longer.
const LONGEST_ANSWER: u64 = 4 << 10;

/// Why there is no verdict.
#[derive(Debug, thiserror::Error)]
enum NoAnswer {
    #[error("查毒引擎连不上或中途断开：{0}")]
    Connection(#[from] std::io::Error),
    #[error("查毒引擎没有说明版本")]
    Nameless,
    #[error("查毒引擎回答：{}", shortened(.0))]
    Refused(String),
}

impl Scanner for Clamd {
    fn scan<'a>(&'a self, content: &'a [u8]) -> BoxFuture<'a, Verdict> {
        Box::pin(async move {
            if content.len() as u64 > self.size_limit {
                let limit = self.size_limit >> 20;
                return Verdict::Unscanned { why: format!("文件超过查毒引擎的上限 {limit} MB") };
            }
            match tokio::time::timeout(self.time_limit, self.ask(content)).await {
                Ok(Ok(verdict)) => verdict,
                Ok(Err(error)) => Verdict::Unscanned { why: error.to_string() },
                Err(_) => Verdict::Unscanned {
                    why: format!("查毒引擎在 {} 秒内没有回答", self.time_limit.as_secs())
                },
            }
        })
    }
}

impl Clamd {
    /// The version first: a verdict without the signatures' date is worth little later.
    async fn ask(&self, content: &[u8]) -> Result<Verdict, NoAnswer> {
        let mut connection = self.connect().await?;
        connection.write_all(b"zVERSION\0").await?;
        let engine = answer(&mut connection).await?;
        if !engine.starts_with("ClamAV") {
            return Err(NoAnswer::Nameless);
        }
        let mut connection = self.connect().await?;
        // The daemon may answer and hang up in the middle (its size limit): then what it said counts, not the error.
        let sent = send(&mut connection, content).await;
        let said = match answer(&mut connection).await {
            Ok(said) if !said.is_empty() => said,
            Ok(_) => return Err(sent.err().unwrap_or_else(|| std::io::ErrorKind::UnexpectedEof.into()).into()),
            Err(error) => return Err(sent.err().unwrap_or(error).into()),
        };
        match said.strip_prefix("stream: ") {
            Some("OK") if sent.is_ok() => Ok(Verdict::Clean { engine }),
            Some(found) => match found.strip_suffix(" FOUND") {
                Some(what) => Ok(Verdict::Infected { what: shortened(what) }),
                None => Err(NoAnswer::Refused(said)),
            },
            None => Err(NoAnswer::Refused(said)),
        }
    }

    async fn connect(&self) -> std::io::Result<Box<dyn Connection>> {
        Ok(match &self.address {
            ClamdAddress::Tcp(host) => Box::new(TcpStream::connect(host).await?),
            ClamdAddress::Unix(path) => Box::new(UnixStream::connect(path).await?),
        })
    }
}

trait Connection: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Connection for T {}

/// `INSTREAM`: pieces with their length in front, and a piece of no length at the end.
async fn send(connection: &mut Box<dyn Connection>, content: &[u8]) -> std::io::Result<()> {
    connection.write_all(b"zINSTREAM\0").await?;
    for piece in content.chunks(CHUNK) {
        let length = u32::try_from(piece.len()).unwrap_or(u32::MAX);
        connection.write_all(&length.to_be_bytes()).await?;
        connection.write_all(piece).await?;
    }
    connection.write_all(&[0; 4]).await?;
    connection.flush().await
}

/// An answer up to its zero byte.
async fn answer(connection: &mut Box<dyn Connection>) -> std::io::Result<String> {
    let mut said = Vec::new();
    let mut limited = connection.take(LONGEST_ANSWER);
    loop {
        let mut piece = [0; 256];
        let length = limited.read(&mut piece).await?;
        said.extend_from_slice(piece.get(..length).unwrap_or_default());
        if length == 0 || said.contains(&0) {
            break;
        }
    }
    let end = said.iter().position(|byte| *byte == 0).unwrap_or(said.len());
    Ok(String::from_utf8_lossy(said.get(..end).unwrap_or_default()).trim().to_owned())
}
