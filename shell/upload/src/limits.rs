//! How much a file may cost whoever looks at it.

/// Limits of one file. What a rule of the city says (the largest file) is passed in; the rest protects the machine, and
/// the [`Default`] suits a server with a few hundred megabytes to spare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the file itself. Default: 20 MiB.
    pub file_bytes: u64,
    /// Bytes unpacked from a file in all, those of files nested in it included, counted while unpacking. Default:
    /// 200 MiB.
    pub unpacked_bytes: u64,
    /// Files inside an archive, those of nested archives included. Default: 4,000.
    pub entries: u32,
    /// Unpacked to packed size of one file inside an archive, once it is larger than a mebibyte. Default: 200 (real
    /// workbooks reach about 100; a bomb is near the 1,032 that deflate allows).
    pub ratio: u32,
    /// Archives within archives: a chart pasted into a Word document carries its workbook. Default: 1.
    pub depth: u32,
    /// Bytes of one piece of XML that is read for its content. Default: 16 MiB.
    pub xml_bytes: u64,
    /// Elements within elements in XML. Default: 64.
    pub xml_depth: u32,
    /// Elements in one piece of XML. Default: 500,000.
    pub xml_elements: u32,
    /// Picture elements of an image, which cost memory when somebody opens it. Default: 250 million.
    pub pixels: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            file_bytes: 20 << 20,
            unpacked_bytes: 200 << 20,
            entries: 4_000,
            ratio: 200,
            depth: 1,
            xml_bytes: 16 << 20,
            xml_depth: 64,
            xml_elements: 500_000,
            pixels: 250_000_000,
        }
    }
}
