//! Why a file is not taken, told to the person who uploads it.

use crate::Kind;

/// Why a file is not taken, and what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unacceptable {
    /// No bytes at all.
    #[error("文件是空的（0 字节）：请确认文件能打开后重新上传")]
    Empty,
    /// More bytes than may be sent.
    #[error("文件大小 {} MB，超过上限 {} MB：请压缩图片或分成几个文件上传", tenths(*found), tenths(*limit))]
    TooLarge {
        /// Bytes.
        found: u64,
        /// Bytes.
        limit: u64,
    },
    /// The name holds characters that hide what it is called.
    #[error("文件名中含有看不见的控制字符，可能掩盖真正的扩展名：请改名后重新上传")]
    DeceptiveName,
    /// A kind that is not taken.
    #[error("这是{found}，不在受理之列：{advice}")]
    Unsupported {
        /// What it is.
        found: String,
        /// What to do.
        advice: &'static str,
    },
    /// The extension says one kind, the content is another.
    #[error("文件名以 .{extension} 结尾，内容却是{kind}：请改用扩展名 .{}，或选对文件后重新上传", kind.extension())]
    Contradiction {
        /// As in the name, lower case.
        extension: String,
        /// By the content.
        kind: Kind,
    },
    /// Cut short or broken.
    #[error("{what}不完整或已损坏（{why}）：请在本机打开确认，重新导出或下载后再上传")]
    Damaged {
        /// What it seems to be.
        what: &'static str,
        /// Where it breaks.
        why: String,
    },
    /// Two kinds in one: what one program shows is not what another reads.
    #[error("这个{kind}里还藏着{other}，不同软件打开会看到不同内容：请用原软件重新导出后上传")]
    TwoInOne {
        /// What it begins as.
        kind: Kind,
        /// What else it is.
        other: &'static str,
    },
    /// Protected by a password or rights, and so nobody can look inside.
    #[error("{what}已加密或设有打开、编辑权限，审核人员无法查验：请取消密码保护，或用“打印为 PDF”另存后上传")]
    Encrypted {
        /// What it is.
        what: &'static str,
    },
    /// Holds what runs when it is opened.
    #[error("这个{what}含有{active}，打开时可能自动执行：{advice}")]
    Active {
        /// What it is.
        what: &'static str,
        /// What would run.
        active: &'static str,
        /// What to do.
        advice: &'static str,
    },
    /// Holds a file that cannot be taken.
    #[error("文件内部的“{entry}”是{found}，不能随附：请删去后重新导出")]
    Embedded {
        /// Its name inside.
        entry: String,
        /// What it is.
        found: &'static str,
    },
    /// Unpacks to more than may be unpacked.
    #[error("文件解开后超过限度（{what}），可能是压缩炸弹：请用原软件重新导出；内容确实很多时请分成几个文件")]
    Bomb {
        /// Which limit, with its number.
        what: String,
    },
    /// An archive that is put together as no office program would.
    #[error("文件内部结构异常（{what}）：请用原软件重新导出后上传")]
    Structure {
        /// What is odd.
        what: String,
    },
    /// XML that declares entities or another document type.
    #[error(
        "{place}含有文档类型或实体声明（DTD），这种写法可被用来攻击，电子发票不需要它：请上传税务机关交付的原始文件"
    )]
    DocumentType {
        /// Where.
        place: String,
    },
}

/// Mebibytes with one decimal.
fn tenths(bytes: u64) -> String {
    let tenths = bytes.saturating_mul(10).div_ceil(1 << 20);
    if tenths.is_multiple_of(10) { (tenths / 10).to_string() } else { format!("{}.{}", tenths / 10, tenths % 10) }
}

/// A text of a stranger, short enough to stand in a sentence.
pub(crate) fn shortened(text: &str) -> String {
    const MOST: usize = 80;
    let clean = |letter: char| if letter.is_control() { ' ' } else { letter };
    match text.char_indices().nth(MOST) {
        Some((end, _)) => text[..end].chars().map(clean).chain(['…']).collect(),
        None => text.chars().map(clean).collect(),
    }
}
