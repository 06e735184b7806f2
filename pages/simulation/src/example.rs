//! The run that a demonstration city begins with. 示例数据.

use kernel::{OrganisationId, PersonId};
use office::workbench::{JobId, NewJob};
use uuid::Uuid;

use crate::family::Family;
use crate::order::{Order, Wanted};
use crate::worker::KIND;

/// Its id.
pub const EXAMPLE: JobId = JobId(Uuid::from_u128(0x0190_0000_0000_7000_8000_5349_4d55_4c01));

/// The template of the QFN with everything computed, to be asked for in the name of a firm's person.
pub fn example(organisation: OrganisationId, owner: PersonId) -> NewJob {
    let wanted = Wanted { resistances: true, impedance: true, voids: true, warpage: true };
    let toml = Family::Qfn.template().to_owned();
    let order = Order { family: Family::Qfn, toml, power_map: None, wanted };
    // An order is made of text and numbers: it always has a JSON form.
    let input = serde_json::to_string(&order).unwrap_or_default();
    let title = format!("{}（示例数据）", order.title());
    NewJob { id: EXAMPLE, owner, organisation, kind: KIND.to_owned(), title, input }
}
