//! The kinds of file that are taken.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A kind of file that is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// PDF (ISO 32000).
    Pdf,
    /// Fixed-layout document (版式文件, GB/T 33190-2016).
    Ofd,
    /// An electronic invoice as XML.
    XmlInvoice,
    /// PNG image.
    Png,
    /// JPEG image.
    Jpeg,
    /// Word document (ECMA-376), without macros.
    Docx,
    /// Excel workbook (ECMA-376), without macros.
    Xlsx,
}

impl Kind {
    /// All of them, in the order they are offered.
    pub const ALL: [Self; 7] = [Self::Pdf, Self::Ofd, Self::XmlInvoice, Self::Png, Self::Jpeg, Self::Docx, Self::Xlsx];
    /// For the `accept` attribute of a form's file field.
    pub const ACCEPT: &'static str = ".pdf,.ofd,.xml,.png,.jpg,.jpeg,.docx,.xlsx";

    /// What people call it.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Pdf => "PDF 文件",
            Self::Ofd => "OFD 版式文件",
            Self::XmlInvoice => "XML 电子发票",
            Self::Png => "PNG 图片",
            Self::Jpeg => "JPEG 图片",
            Self::Docx => "Word 文档",
            Self::Xlsx => "Excel 工作簿",
        }
    }

    /// The usual extension, without the dot.
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Pdf => "pdf",
            Self::Ofd => "ofd",
            Self::XmlInvoice => "xml",
            Self::Png => "png",
            Self::Jpeg => "jpg",
            Self::Docx => "docx",
            Self::Xlsx => "xlsx",
        }
    }

    /// The media type to send it with; never what the uploading browser said.
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Pdf => "application/pdf",
            Self::Ofd => "application/ofd",
            Self::XmlInvoice => "application/xml",
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
            Self::Docx => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        }
    }

    /// Whether a file of this kind may end in the extension (lower case, without the dot).
    pub(crate) fn may_end_in(self, extension: &str) -> bool {
        extension == self.extension() || (self == Self::Jpeg && matches!(extension, "jpeg" | "jpe" | "jfif"))
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.label())
    }
}
