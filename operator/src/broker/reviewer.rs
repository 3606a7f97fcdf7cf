//! What the API server knows about a caller.

use contract::{
    broker::TOKEN_AUDIENCE,
    names::NamespaceName,
    secret::{ExposeSecret, SecretString},
};
use futures::future::BoxFuture;
use k8s_openapi::api::{
    authentication::v1::{TokenReview, TokenReviewSpec, TokenReviewStatus},
    core::v1::{Namespace, Pod},
};
use kube::{Api, Client, api::PostParams};

/// The API server could not say; the caller is refused for now.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("failed to {attempt} at the API server ({why}); nobody is let in until it answers")]
pub struct ReviewError {
    /// What was asked.
    pub attempt: &'static str,
    /// What it said.
    pub why: String,
}

/// What a question to the API server ends in.
pub type ReviewResult<T> = Result<T, ReviewError>;

/// The API server, as the broker needs it.
pub trait Reviewer: Send + Sync + 'static {
    /// Whether `token` is valid for the broker, and whose it is.
    fn review<'a>(&'a self, token: &'a SecretString) -> BoxFuture<'a, ReviewResult<TokenReviewStatus>>;
    /// The pod of that name, if it exists.
    fn pod<'a>(
        &'a self,
        namespace: &'a NamespaceName,
        name: &'a str,
    ) -> BoxFuture<'a, ReviewResult<Option<Pod>>>;
    /// The namespace of that name, if it exists.
    fn namespace<'a>(&'a self, name: &'a NamespaceName) -> BoxFuture<'a, ReviewResult<Option<Namespace>>>;
}

/// The API server itself. Needs `create` on `tokenreviews` and `get` on `pods` and `namespaces`.
#[derive(Clone)]
pub struct KubeReviewer(Client);

impl KubeReviewer {
    /// A reviewer over `client`.
    pub fn new(client: Client) -> Self {
        Self(client)
    }
}

impl Reviewer for KubeReviewer {
    fn review<'a>(&'a self, token: &'a SecretString) -> BoxFuture<'a, ReviewResult<TokenReviewStatus>> {
        Box::pin(async move {
            let created = Api::all(self.0.clone()).create(&PostParams::default(), &review_of(token)).await;
            let review: TokenReview = created.map_err(failed("review a token"))?;
            Ok(review.status.unwrap_or_default())
        })
    }

    fn pod<'a>(
        &'a self,
        namespace: &'a NamespaceName,
        name: &'a str,
    ) -> BoxFuture<'a, ReviewResult<Option<Pod>>> {
        let pods: Api<Pod> = Api::namespaced(self.0.clone(), namespace.as_str());
        Box::pin(async move { pods.get_opt(name).await.map_err(failed("look up a pod")) })
    }

    fn namespace<'a>(&'a self, name: &'a NamespaceName) -> BoxFuture<'a, ReviewResult<Option<Namespace>>> {
        let namespaces: Api<Namespace> = Api::all(self.0.clone());
        Box::pin(
            async move { namespaces.get_opt(name.as_str()).await.map_err(failed("look up a namespace")) },
        )
    }
}

fn review_of(token: &SecretString) -> TokenReview {
    let spec = TokenReviewSpec {
        audiences: Some(vec![TOKEN_AUDIENCE.to_owned()]),
        token: Some(token.expose_secret().to_owned()),
    };
    TokenReview { spec, ..TokenReview::default() }
}

fn failed(attempt: &'static str) -> impl FnOnce(kube::Error) -> ReviewError {
    move |error| ReviewError { attempt, why: error.to_string() }
}
