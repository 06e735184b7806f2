//! From the route table to a router.

use std::sync::Arc;

use axum::extract::Request;
use axum::routing::{self, MethodRouter};
use axum::{Router, middleware};
use tower::ServiceExt as _;

use crate::failure::Failure;
use crate::gate::{self, Gate};
use crate::route::{Method, Route, RouteCard, Who};
use crate::shell::Shell;
use crate::{asset, credential_pages, sign_in, styleguide};

/// Mounts the routes of all page crates, and those of the shell itself, behind the same checks. `state` is what
/// handlers take as `State`.
pub fn mount<S: Clone + Send + Sync + 'static>(routes: Vec<Route<S>>, state: S, mut shell: Shell) -> Router {
    let routes: Vec<Route<S>> = own_routes().into_iter().chain(routes).collect();
    shell.learn(routes.iter().map(|route| *route.card()).collect());
    let shell = Arc::new(shell);
    let guarded = |card: RouteCard, service: MethodRouter<S>| {
        let gate = Gate { shell: shell.clone(), card };
        service.layer(middleware::from_fn_with_state(gate, gate::pass))
    };
    let mut router = Router::new();
    for route in routes {
        router = router.route(route.card().pattern, guarded(*route.card(), route.service.clone()));
    }
    let nowhere = async || Failure::not_found();
    let wrong_method = Router::new().fallback(async || Failure::WrongMethod);
    let gate = Gate { shell: shell.clone(), card: public_card() };
    let wrong_method = wrong_method.layer(middleware::from_fn_with_state(gate, gate::pass));
    router
        .route("/assets/{name}", routing::get(asset::serve))
        .fallback_service(guarded(public_card(), routing::any(nowhere)).with_state(state.clone()))
        .method_not_allowed_fallback(move |request: Request| wrong_method.oneshot(request))
        .with_state(state)
}

/// The shell's own routes, which every mounted table has.
pub(crate) fn own_routes<S: Clone + Send + Sync + 'static>() -> Vec<Route<S>> {
    let mut routes = sign_in::routes();
    routes.extend(credential_pages::routes());
    routes.extend(styleguide::routes());
    routes
}

/// Of whatever is no route: open to all, and counted under no pattern.
fn public_card() -> RouteCard {
    let nowhere = Route::<()>::get("", async || ()).public();
    debug_assert_eq!((nowhere.card().method, nowhere.card().who), (Method::Get, Who::Public));
    *nowhere.card()
}
