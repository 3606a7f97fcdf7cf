//! The lists an operator begins with, read by a client that looks at nothing: what the API server and the way from it
//! take of a cold start, and what is made once for all who read them.

use super::world::World;
use contract::names::labels;
use operator::observe::{Kind, PAGE};
use reqwest::{Client, header::ACCEPT};
use std::time::Duration;
use tokio::time::Instant;

/// What stands before the token of the next page; the fake tells it before the items.
const TOKEN: &[u8] = b"\"continue\":\"";

/// What reading everything came to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reading {
    /// Bytes of all answers.
    pub(crate) bytes: usize,
    /// How long it took.
    pub(crate) took: Duration,
}

/// Reads all kinds side by side, each page by page.
pub(crate) async fn read(world: &World) -> Reading {
    let client = Client::builder().no_proxy().build().expect("a client is made");
    let started = Instant::now();
    let bytes = futures::future::join_all(Kind::ALL.map(|kind| pages(&client, world, kind))).await;
    Reading { bytes: bytes.into_iter().sum(), took: started.elapsed() }
}

async fn pages(client: &Client, world: &World, kind: Kind) -> usize {
    let selector = format!("{}={}", labels::MANAGED_BY, labels::MANAGED_BY_VALUE);
    let address = format!("{}{}?limit={PAGE}&labelSelector={selector}", world.api_url, path(kind));
    let (mut bytes, mut token) = (0, Some(String::new()));
    while let Some(from) = token {
        let request = client.get(format!("{address}&continue={from}")).header(ACCEPT, form(kind));
        let page = request.bearer_auth("reader").send().await.unwrap().error_for_status().unwrap();
        let page = page.bytes().await.unwrap();
        bytes += page.len();
        token = next(&page);
    }
    bytes
}

fn path(kind: Kind) -> String {
    let group = match kind {
        Kind::Job => "apis/batch/v1",
        Kind::Deployment => "apis/apps/v1",
        Kind::Namespace | Kind::Claim | Kind::Pod | Kind::Service => "api/v1",
    };
    format!("{group}/{kind}")
}

/// Of claims the operator asks for the metadata alone.
fn form(kind: Kind) -> &'static str {
    match kind {
        Kind::Claim => "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1",
        _ => "application/json",
    }
}

fn next(page: &[u8]) -> Option<String> {
    let head = &page[..page.len().min(400)];
    let at = head.windows(TOKEN.len()).position(|window| window == TOKEN)?;
    let token = head[at + TOKEN.len()..].split(|byte| *byte == b'"').next()?;
    Some(String::from_utf8(token.to_vec()).unwrap())
}
