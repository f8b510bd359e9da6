//! Every route, in one table: method, path, who may use it.

use std::sync::Arc;

use axum::Router;
use axum::extract::rejection::RawPathParamsRejection;
use axum::extract::{RawPathParams, Request, State};
use axum::http::Method;
use axum::routing::{MethodFilter, MethodRouter, on};

use crate::answer::Answered;
use crate::ask::Ask;
use crate::who::Who;
use crate::{App, api, guard, pages};

/// What a route gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A page, or a file reached from pages: cookies tell who asks.
    Page,
    /// A file that a form of a page sends: cookies tell who asks.
    Upload,
    /// JSON: a header tells who asks.
    Api,
    /// Style, script and pictures: nobody asks who asks.
    Asset,
}

/// A route.
pub struct Route {
    /// GET or POST.
    pub method: Method,
    /// The path, with its parameters in braces.
    pub path: &'static str,
    /// Who may use it.
    pub who: Who,
    /// What it gives.
    pub kind: Kind,
    /// What it does.
    pub answer: fn(&Ask) -> Answered,
}

/// A page to look at.
pub const fn page(path: &'static str, who: Who, answer: fn(&Ask) -> Answered) -> Route {
    Route {
        method: Method::GET,
        path,
        who,
        kind: Kind::Page,
        answer,
    }
}

/// A form that is sent.
pub const fn form(path: &'static str, who: Who, answer: fn(&Ask) -> Answered) -> Route {
    Route {
        method: Method::POST,
        path,
        who,
        kind: Kind::Page,
        answer,
    }
}

/// A form of a page that sends a file.
pub const fn upload(path: &'static str, who: Who, answer: fn(&Ask) -> Answered) -> Route {
    Route {
        method: Method::POST,
        path,
        who,
        kind: Kind::Upload,
        answer,
    }
}

/// A file that anyone may have.
pub const fn asset(path: &'static str, answer: fn(&Ask) -> Answered) -> Route {
    Route {
        method: Method::GET,
        path,
        who: Who::Public,
        kind: Kind::Asset,
        answer,
    }
}

/// JSON to read.
pub const fn read(path: &'static str, who: Who, answer: fn(&Ask) -> Answered) -> Route {
    Route {
        method: Method::GET,
        path,
        who,
        kind: Kind::Api,
        answer,
    }
}

/// JSON that is sent.
pub const fn send(path: &'static str, who: Who, answer: fn(&Ask) -> Answered) -> Route {
    Route {
        method: Method::POST,
        path,
        who,
        kind: Kind::Api,
        answer,
    }
}

/// All routes.
pub fn all() -> impl Iterator<Item = &'static Route> {
    pages::ROUTES.iter().copied().flatten().chain(api::routes())
}

/// The router of all routes.
pub fn router(app: Arc<App>) -> Router {
    let mut router = Router::new();
    for route in all() {
        router = router.route(route.path, method(route));
    }
    router
        .fallback(guard::nothing)
        .method_not_allowed_fallback(guard::not_so)
        .with_state(app)
}

fn method(route: &'static Route) -> MethodRouter<Arc<App>> {
    let filter = if route.method == Method::POST {
        MethodFilter::POST
    } else {
        MethodFilter::GET
    };
    on(
        filter,
        move |state: State<Arc<App>>, params: Result<RawPathParams, RawPathParamsRejection>, request: Request| {
            guard::answer(state, route, params, request)
        },
    )
}
