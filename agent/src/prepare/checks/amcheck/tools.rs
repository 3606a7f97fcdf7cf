//! The functions of extension amcheck, found or made.
//!
//! Input: a session. Output: the two statements that check one relation. Must not: call a function that is not
//! amcheck's own C code, or leave an extension behind that was not there.

use crate::prepare::session::said;
use tokio_postgres::{Client, Error, error::SqlState};

const FUNCTIONS: &str = include_str!("../../sql/amcheck_functions.sql");
const MAKE: &str = include_str!("../../sql/amcheck_make.sql");
const REMOVE: &str = "DROP SCHEMA _pgro_amcheck CASCADE";

/// Statements whose first parameter is the object id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Tools {
    /// Checks a btree index; the second parameter says whether each heap tuple's presence in it is checked too.
    pub(super) btree: String,
    /// Checks a heap with its TOAST; from 14 on.
    pub(super) heap: Option<String>,
    /// Whether we made the extension.
    ours: bool,
}

/// Why there are none.
#[derive(Debug, thiserror::Error)]
pub(super) enum ToolsError {
    /// The image lacks the library, or the source's extension is something else.
    #[error("{0}")]
    Unavailable(String),
    /// The server said no for another reason.
    #[error(transparent)]
    Sql(#[from] Error),
}

impl Tools {
    /// The source's own, or ours.
    pub(super) async fn find_or_make(client: &Client) -> Result<Self, ToolsError> {
        if let Some(tools) = Self::look(client).await? {
            return Ok(tools);
        }
        match client.batch_execute(MAKE).await {
            Ok(()) => {}
            Err(error) if is_lacking(&error) => return Err(ToolsError::Unavailable(said(&error))),
            Err(error) => return Err(error.into()),
        }
        let foreign =
            || ToolsError::Unavailable("extension amcheck does not hold amcheck's functions".into());
        Self::look(client).await?.ok_or_else(foreign)
    }

    async fn look(client: &Client) -> Result<Option<Self>, Error> {
        let row = client.query_one(FUNCTIONS, &[]).await?;
        let (btree, heap, ours) = (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
        Ok(Option::<String>::map(btree, |btree| Self { btree, heap, ours }))
    }

    /// Removes the extension if it is ours.
    pub(super) async fn remove(&self, client: &Client) -> Result<(), Error> {
        if self.ours { client.batch_execute(REMOVE).await } else { Ok(()) }
    }
}

/// The image has no such library, or something of the name is there that is not it.
fn is_lacking(error: &Error) -> bool {
    let lacking = [
        SqlState::UNDEFINED_FILE,
        SqlState::FEATURE_NOT_SUPPORTED,
        SqlState::UNDEFINED_OBJECT,
        SqlState::DUPLICATE_OBJECT,
        SqlState::DUPLICATE_SCHEMA,
    ];
    error.code().is_some_and(|code| lacking.contains(code))
}
