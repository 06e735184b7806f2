//! Where a case stands, as a light.

use cases::StageKind;
use register::Light;

/// A stage by its name; what went wrong or waits for a correction is marked.
pub fn stage_light(stage: StageKind) -> Light {
    use StageKind::{AcceptanceFailed, Closed, Offered, Paid, Rejected, Repaying, Returned, UnderAdverse, Waitlisted};
    let word = stage.label();
    match stage {
        Paid | Closed => Light::good(word),
        Returned | Offered | Waitlisted | UnderAdverse => Light::watch(word),
        AcceptanceFailed | Rejected | Repaying => Light::bad(word),
        _ => Light::unknown(word),
    }
}
