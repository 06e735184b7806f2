//! A register (台账) is declared once; its page, files, interface description and data dictionary follow.
//!
//! ```
//! use kernel::Money;
//! use register::{Cell, Column, Query, Register, Viewer};
//!
//! struct City(Vec<(&'static str, Money)>);
//! let firms = Register::declare("firms", "企业台账", "在册的封测企业。", |city: &City, _: &Viewer| city.0.clone())
//!     .column(Column::new("name", "企业名称", |row: &(&str, Money)| Cell::text(row.0)).filterable().sortable())
//!     .column(Column::new("revenue", "营业收入", |row: &(&str, Money)| row.1.into()).unit("元").sortable())
//!     .finish();
//!
//! let city = City(vec![("甲", Money::from_yuan(1)), ("乙", Money::from_yuan(2))]);
//! let viewer = Viewer::public();
//! let query = Query::parse(&firms, &viewer, "sort=-revenue");
//! let page = firms.page(&city, &viewer, &query);
//! assert_eq!(page.rows[0][0], Cell::text("乙"));
//! ```

mod cell;
mod column;
mod declaration;
mod description;
mod excel_in;
mod excel_out;
mod query;
mod text_in;
mod text_out;

pub use cell::{Cell, Kind, Light, Real, Tone};
pub use column::{Column, Heading, Viewer, Visibility};
pub use declaration::{Declaration, Found, Page, Register};
pub use excel_in::{Limits, RowError, Sheet, SheetError, SheetRow};
pub use excel_out::{ExcelError, Provenance};
pub use query::{Filter, Query, Sort};
