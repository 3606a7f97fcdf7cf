//! The first session on a recovered server.
//!
//! Input: where the server runs. Output: a session of a superuser the source had, and how to get more. Must not: guess
//! a name; the source may call its superuser anything.

use super::{
    error::PrepareError,
    locale,
    server::Place,
    session::{Access, said},
    superuser::superusers,
};
use crate::text::printable;
use std::collections::BTreeMap;
use tokio_postgres::{Client, error::SqlState};

/// Databases every cluster is made with; one of them is there unless somebody took pains to drop all.
const FIRST_DATABASES: [&str; 2] = ["postgres", "template1"];

/// Logs in.
pub(super) async fn enter(place: Place<'_>) -> Result<(Access<'_>, Client), PrepareError> {
    let tried = superusers(place.data_dir).map_err(PrepareError::ReadSuperusers)?;
    let (mut last, mut foreign, mut refused) = (String::from("no superuser may log in"), None, true);
    for role in &tried {
        let access = Access {
            socket_dir: place.socket_dir,
            major: place.major,
            memory_bytes: place.memory_bytes,
            role: role.clone(),
            spelled: BTreeMap::new(),
        };
        for database in FIRST_DATABASES {
            match access.connect(database).await {
                Ok(client) => return Ok((access, client)),
                Err(error) => {
                    refused &= error.code() == Some(&SqlState::INVALID_AUTHORIZATION_SPECIFICATION);
                    foreign = foreign.or_else(|| locale::foreign(&error));
                    last = said(&error);
                }
            }
        }
    }
    match foreign {
        Some(name) => Err(PrepareError::ForeignLocale { name }),
        None if refused => Err(PrepareError::NobodyLogsIn),
        None => {
            let tried = tried.iter().map(|role| printable(role)).collect();
            Err(PrepareError::BecomeSuperuser { tried, said: last })
        }
    }
}
