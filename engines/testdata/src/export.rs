//! Outliers and new bins for other programs: STDF, SEMI E142 map, CSV, Excel

use std::collections::HashMap;
use std::io::Write;

use stdf::{Reader, RecordView, WriteError, Writer};

use crate::map::{WaferMap, bounds};
use crate::model::Dataset;

/// A part that gets another bin
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Rebin {
    /// Number of the attempt
    pub part: u32,
    /// The bin it gets, hardware and software
    pub bin: u16,
    /// Why, in words
    pub reason: String,
}

/// Exporting failed
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// STDF
    #[error(transparent)]
    Stdf(#[from] WriteError),
    /// The operating system refused
    #[error("writing failed: {0}")]
    Io(#[from] std::io::Error),
    /// Excel
    #[error("Excel: {0}")]
    Excel(#[from] rust_xlsxwriter::XlsxError),
}

/// Copies an STDF file with the new bins in its PRRs, which then fail (`PART_FLG` bit 3)
///
/// The dataset must have been read from this one file, so that the n-th part that begins is part n. Summaries (PCR,
/// HBR, SBR, WRR) keep the tester's claims; reading the result back reports the differences.
///
/// # Errors
/// When the target refuses
pub fn stdf<W: Write>(reader: &mut Reader, rebins: &[Rebin], target: W) -> Result<u64, ExportError> {
    let new: HashMap<u32, u16> = rebins.iter().map(|rebin| (rebin.part, rebin.bin)).collect();
    let mut writer = Writer::new(target, reader.order());
    let mut open: HashMap<(u8, u8), u32> = HashMap::new();
    let (mut next, mut changed) = (0, 0);
    while let Some(frame) = reader.next_frame() {
        match frame.decode() {
            RecordView::Pir(pir) => {
                open.insert((pir.head_num, pir.site_num), next);
                next += 1;
            }
            RecordView::Prr(mut prr) => {
                let part = open.remove(&(prr.head_num, prr.site_num)).unwrap_or_else(|| {
                    next += 1;
                    next - 1
                });
                if let Some(&bin) = new.get(&part) {
                    prr.hard_bin = bin;
                    prr.soft_bin = bin;
                    prr.part_flg |= 0x08;
                    prr.part_flg &= !0x10;
                    changed += 1;
                    writer.record(&RecordView::Prr(prr))?;
                    continue;
                }
            }
            // A run that ends closes its sites, as it does when reading.
            RecordView::Mir(_) | RecordView::Mrr(_) => open.clear(),
            _ => {}
        }
        writer.frame(&frame)?;
    }
    writer.finish()?;
    Ok(changed)
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// A bin map in the substrate map format of SEMI E142 (schema version of 2005), two hexadecimal digits a die
///
/// Rows run from the top of the map as drawn; dies that were not tested are `FF`. Bins above 254 become `FE`.
///
/// # Errors
/// When the target refuses
pub fn e142(map: &WaferMap, rebins: &[Rebin], out: &mut impl Write) -> std::io::Result<()> {
    let new: HashMap<u32, u16> = rebins.iter().map(|rebin| (rebin.part, rebin.bin)).collect();
    let (low, high) = bounds(map.dies.keys().copied()).unwrap_or_default();
    let (columns, rows) = (i32::from(high.0) - i32::from(low.0) + 1, i32::from(high.1) - i32::from(low.1) + 1);
    let wafer = escape(&map.wafer);
    let origin = if map.layout.y_grows_up == Some(true) { "LowerLeft" } else { "UpperLeft" };
    writeln!(out, "<?xml version=\"1.0\" encoding=\"utf-8\"?>")?;
    writeln!(out, "<MapData xmlns=\"urn:semi-org:xsd.E142-1.V1005.SubstrateMap\">")?;
    writeln!(
        out,
        "  <Layouts>\n    <Layout LayoutId=\"die\" DefaultUnits=\"mm\" TopLevel=\"false\"><Dimension X=\"1\" Y=\"1\"/></Layout>"
    )?;
    writeln!(
        out,
        "    <Layout LayoutId=\"wafer\" DefaultUnits=\"mm\" TopLevel=\"true\"><Dimension X=\"{columns}\" Y=\"{rows}\"/><ChildLayouts><ChildLayout LayoutId=\"die\"/></ChildLayouts></Layout>\n  </Layouts>"
    )?;
    writeln!(
        out,
        "  <Substrates>\n    <Substrate SubstrateType=\"Wafer\" SubstrateId=\"{wafer}\"><LotId>{}</LotId></Substrate>\n  </Substrates>",
        escape(&map.lot)
    )?;
    writeln!(
        out,
        "  <SubstrateMaps>\n    <SubstrateMap SubstrateType=\"Wafer\" SubstrateId=\"{wafer}\" LayoutSpecifier=\"wafer/die\" Orientation=\"0\" OriginLocation=\"{origin}\">"
    )?;
    writeln!(out, "      <Overlay MapName=\"BinCodeMap\" MapVersion=\"1\">")?;
    writeln!(
        out,
        "        <ReferenceDevices><ReferenceDevice Name=\"FirstDie\"><Coordinates X=\"{}\" Y=\"{}\"/></ReferenceDevice></ReferenceDevices>",
        low.0, low.1
    )?;
    writeln!(out, "        <BinCodeMap BinType=\"HexaDecimal\" NullBin=\"FF\">\n          <BinDefinitions>")?;
    let bin_of = |die: &crate::map::Die| new.get(&die.part).copied().unwrap_or(die.hard_bin);
    let mut bins: std::collections::BTreeMap<u16, (usize, bool)> = Default::default();
    for die in map.dies.values() {
        let passed = die.passed == Some(true) && !new.contains_key(&die.part);
        let bin = bins.entry(bin_of(die).min(254)).or_insert((0, passed));
        bin.0 += 1;
    }
    for (bin, (count, passed)) in bins {
        let quality = if passed { "Pass" } else { "Fail" };
        writeln!(
            out,
            "            <BinDefinition BinCode=\"{bin:02X}\" BinCount=\"{count}\" BinQuality=\"{quality}\" BinDescription=\"bin {bin}\"/>"
        )?;
    }
    writeln!(out, "          </BinDefinitions>")?;
    for y in low.1..=high.1 {
        write!(out, "          <BinCode>")?;
        for x in low.0..=high.0 {
            match map.dies.get(&(x, y)) {
                Some(die) => write!(out, "{:02X}", bin_of(die).min(254))?,
                None => write!(out, "FF")?,
            }
        }
        writeln!(out, "</BinCode>")?;
    }
    writeln!(out, "        </BinCodeMap>\n      </Overlay>\n    </SubstrateMap>\n  </SubstrateMaps>\n</MapData>")
}

const HEADINGS: [&str; 9] = ["part", "part_id", "lot", "wafer", "x", "y", "site", "old_bin", "new_bin"];

fn row(dataset: &Dataset, rebin: &Rebin) -> Option<[String; 9]> {
    let part = dataset.parts.get(rebin.part as usize)?;
    let coordinate = |value: Option<i16>| value.map(|value| value.to_string()).unwrap_or_default();
    Some([
        rebin.part.to_string(),
        part.id.clone(),
        dataset.runs.get(part.run as usize).map(|run| run.lot.clone()).unwrap_or_default(),
        part.wafer
            .and_then(|wafer| dataset.wafers.get(wafer as usize))
            .map(|wafer| wafer.id.clone())
            .unwrap_or_default(),
        coordinate(part.at.map(|at| at.0)),
        coordinate(part.at.map(|at| at.1)),
        part.site.to_string(),
        part.hard_bin.to_string(),
        rebin.bin.to_string(),
    ])
}

/// New bins as CSV, quoted where needed; texts that a spreadsheet would take for a formula get a leading apostrophe
///
/// # Errors
/// When the target refuses
pub fn csv(dataset: &Dataset, rebins: &[Rebin], out: &mut impl Write) -> std::io::Result<()> {
    writeln!(out, "{},reason", HEADINGS.join(","))?;
    for rebin in rebins {
        let Some(cells) = row(dataset, rebin) else { continue };
        let cells: Vec<String> = cells.iter().chain([&rebin.reason]).map(|cell| quote(cell)).collect();
        writeln!(out, "{}", cells.join(","))?;
    }
    Ok(())
}

fn quote(cell: &str) -> String {
    let formula = cell.starts_with(['=', '+', '@']) || (cell.starts_with('-') && cell.parse::<f64>().is_err());
    let cell = if formula { format!("'{cell}") } else { cell.to_owned() };
    if cell.contains([',', '"', '\n', '\r']) { format!("\"{}\"", cell.replace('"', "\"\"")) } else { cell }
}

/// New bins as an Excel workbook
///
/// # Errors
/// When the workbook cannot be made
pub fn excel(dataset: &Dataset, rebins: &[Rebin]) -> Result<Vec<u8>, ExportError> {
    let mut workbook = rust_xlsxwriter::Workbook::new();
    let sheet = workbook.add_worksheet();
    sheet.set_name("bins")?;
    for (column, heading) in (0u16..).zip(HEADINGS.iter().chain(["reason"].iter())) {
        sheet.write_string(0, column, *heading)?;
    }
    for (line, rebin) in (1u32..).zip(rebins) {
        let Some(cells) = row(dataset, rebin) else { continue };
        for (column, cell) in (0u16..).zip(cells.iter().chain([&rebin.reason])) {
            match cell.parse::<f64>() {
                Ok(number) if !matches!(column, 1..=3 | 9) => sheet.write_number(line, column, number)?,
                _ => sheet.write_string(line, column, cell)?,
            };
        }
    }
    sheet.set_freeze_panes(1, 0)?;
    Ok(workbook.save_to_buffer()?)
}
