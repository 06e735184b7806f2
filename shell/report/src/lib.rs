//! Official and engineering documents as PDF.
//!
//! A document is a template, written here or beside the page that prints it, and data. The data reach the template as
//! values and never as source text, so that nothing a person typed can become code. There is no clock, no network and
//! no file system in the world a template sees: the date is passed in, and the same input gives the same bytes.
//!
//! Fonts are the machine's. [`Press::open`] refuses where none of them has Chinese characters, and says what to do.

pub mod archive;
mod picture;
mod press;
mod typefaces;
mod world;

pub use press::{Document, Press};
pub use typefaces::FONT_FOLDER;

/// Why there is no document.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReportError {
    /// No font on this machine has Chinese characters.
    #[error(
        "这台服务器上没有中文字体，不能生成 PDF。请管理员安装一种（Debian、Ubuntu：apt install fonts-noto-cjk；openEuler、\
         麒麟：dnf install google-noto-sans-cjk-ttc-fonts），或把字体文件放进一个文件夹并设置 {FONT_FOLDER}=该文件夹，然后重新启动。"
    )]
    NoChineseFont,
    /// The folder named by the setting cannot be read.
    #[error("字体文件夹“{0}”不存在或不可读。请改正 {FONT_FOLDER} 的设置后重新启动。")]
    FontFolder(String),
    /// A drawing cannot be made a picture.
    #[error("图无法转换为图片：{0}")]
    Picture(String),
    /// Files cannot be packed: a fault of the program.
    #[error("案卷无法打包：{0}")]
    Packing(String),
    /// The template does not fit its data: a fault of the program.
    #[error("文件模板出错：{0}")]
    Template(String),
}
