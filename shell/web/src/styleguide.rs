//! Every component on one page.
use crate::route::Route;
pub(crate) fn routes<S: Clone + Send + Sync + 'static>() -> Vec<Route<S>> {
    Vec::new()
}
