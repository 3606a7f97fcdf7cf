//! Images of PostgreSQL in versions that are asked for, with no cluster needed.
//!
//! Input: numbers of versions. Output: an engine that has an image of each, or is told where to fetch it. What no release
//! of Debian has cannot be made here.

use anyhow::{Context, Result};

use super::image::{Image, Major, Origin, published_postgres};
use super::job::Job;
use super::{Engine, Facts, Layout, Options, Setting, command, layout, lock, perform};
use crate::progress::Progress;

/// Images of single versions.
#[derive(Clone, Debug)]
pub struct Servers {
    /// Runs them.
    pub engine: Engine,
    /// The folders of the cache.
    pub layout: Layout,
    /// Each version asked for, and its image.
    pub images: Vec<(u8, String)>,
}

/// Makes those of `majors` that are not there.
pub async fn servers(options: &Options, majors: &[u8], progress: &Progress) -> Result<Servers> {
    let layout = layout()?;
    let _lock = lock::acquire(&layout, progress).await?;
    command::remove_folder(&layout.temp())?;
    let setting = Setting::find(options, layout, progress).await?;
    let wanted =
        majors.iter().map(|major| server(*major, setting.origin)).collect::<Result<Vec<Server>>>()?;
    let goals: Vec<Job> = wanted.iter().filter_map(|server| server.made).map(Job::Image).collect();
    perform::all(&setting, &goals, &Facts::look(&setting).await).await?;
    let images = wanted.into_iter().map(|server| (server.major, server.name)).collect();
    Ok(Servers { engine: setting.engine, layout: setting.layout, images })
}

/// One version's image, and what has to be made for it; an engine fetches by itself what is published.
#[derive(Debug, PartialEq, Eq)]
struct Server {
    major: u8,
    name: String,
    made: Option<Image>,
}

fn server(major: u8, origin: Origin) -> Result<Server> {
    if let Some(image) = Major::of(major).map(Image::Postgres) {
        return Ok(Server { major, name: image.reference(origin), made: Some(image) });
    }
    let fetched = (origin == Origin::Published).then(|| published_postgres(major));
    let name = fetched.with_context(|| {
        format!(
            "failed to find an image of PostgreSQL {major}: no release of Debian has it, and no registry answers; \
             ask for 13, 15, 17 or 18"
        )
    })?;
    Ok(Server { major, name, made: None })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_of_debian_is_made_and_another_fetched() {
        let made = server(18, Origin::Built).unwrap();
        assert_eq!(made.made, Some(Image::Postgres(Major::Eighteen)));
        assert_ne!(made.name, server(13, Origin::Built).unwrap().name);
        let fetched = server(16, Origin::Published).unwrap();
        assert_eq!(fetched, Server { major: 16, name: "docker.io/library/postgres:16".into(), made: None });
    }

    #[test]
    fn a_version_that_cannot_be_had_is_told_with_those_that_can() {
        let error = server(14, Origin::Built).unwrap_err().to_string();
        assert!(error.contains("PostgreSQL 14") && error.contains("13, 15, 17 or 18"), "{error}");
    }
}
