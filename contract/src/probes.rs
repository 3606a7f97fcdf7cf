//! Questions a declaration has about its own data: `params.probes` of a worklist entry, and what a pod is told of them.
//!
//! Input: JSON from Canopy, or the text this made of it. Output: [`Probes`] within the limits below, or why not, in one
//! line. Must not: look into the SQL, which only the server the data is on can judge.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::{collections::BTreeSet, fmt, str::FromStr, sync::Arc};

/// The key of a worklist entry's `params`.
pub const PARAM: &str = "probes";
/// Probes of one declaration: they run one after the other.
pub const PROBES_MAX: usize = 20;
/// Longest name, characters: it stands in reports.
pub const NAME_MAX: usize = 63;
/// Longest name of a database, bytes, as `PostgreSQL` has it.
pub const DATABASE_MAX: usize = 63;
/// Longest statement, bytes.
pub const SQL_MAX: usize = 4096;
/// All of it as JSON, bytes: it is kept on a Job and told to a pod, in one variable.
pub const TEXT_MAX: usize = 16 * 1024;
/// Time a probe has where it does not say, seconds.
pub const TIMEOUT_DEFAULT_SECS: u32 = 30;
/// Time all probes together may ask for, seconds: a part of what all checks have by default.
pub const TIMEOUTS_MAX_SECS: u32 = 600;
/// Longest explanation, characters.
const WHY_MAX: usize = 300;

/// One question: a statement whose one row has one column, which is true where the data is as it should be.
#[serde_with::skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Probe {
    /// What reports call it; no two of a declaration have the same.
    pub name: String,
    /// The database it is asked in; none: the one guests are sent to.
    pub database: Option<String>,
    /// The statement.
    pub sql: String,
    /// How long it may take.
    pub timeout_seconds: u32,
}

/// All probes of a declaration, in their order. Copies share them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Value", into = "Value")]
pub struct Probes(Option<Arc<[Probe]>>);

/// Probes that cannot be asked as they stand.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("failed to read params.probes: {why}; correct the declaration")]
pub struct InvalidProbes {
    /// What is wrong, in one line.
    why: String,
}

/// As Canopy sends one. Fields it does not know yet are ignored, as everywhere.
#[derive(Deserialize)]
struct Wire {
    name: String,
    database: Option<String>,
    sql: String,
    timeout_seconds: Option<u32>,
}

impl Probes {
    /// Those of an entry's `params`; none where it says nothing of any.
    pub fn of_params(params: Option<&Value>) -> Result<Self, InvalidProbes> {
        params.and_then(|params| params.get(PARAM)).map_or_else(|| Ok(Self::default()), Self::read)
    }

    /// Each, in order.
    pub fn as_slice(&self) -> &[Probe] {
        self.0.as_deref().unwrap_or_default()
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.as_slice().len()
    }

    /// Whether nothing is asked.
    pub fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// Time all of them may take together, seconds.
    pub fn timeouts_secs(&self) -> u32 {
        self.as_slice().iter().fold(0, |sum, probe| sum.saturating_add(probe.timeout_seconds))
    }

    fn read(value: &Value) -> Result<Self, InvalidProbes> {
        let probes = match value {
            Value::Null => return Ok(Self::default()),
            Value::Array(probes) if probes.len() > PROBES_MAX => {
                return Err(invalid(format!("{} probes are more than {PROBES_MAX}", probes.len())));
            }
            Value::Array(probes) => probes,
            _ => return Err(invalid("it is no array")),
        };
        let read = |(index, value)| {
            probe(value).map_err(|why| invalid(format!("probe {} of {}: {why}", index + 1, probes.len())))
        };
        let probes = probes.iter().enumerate().map(read).collect::<Result<Vec<_>, _>>()?;
        if let Some(name) = repeated(&probes) {
            return Err(invalid(format!("two probes are called {name:?}")));
        }
        Self((!probes.is_empty()).then(|| probes.into())).within_limits()
    }

    fn within_limits(self) -> Result<Self, InvalidProbes> {
        let (secs, bytes) = (self.timeouts_secs(), self.to_string().len());
        if secs > TIMEOUTS_MAX_SECS {
            let why =
                format!("their timeouts are {secs} s together, and may be {TIMEOUTS_MAX_SECS} s at most");
            return Err(invalid(why));
        }
        if bytes > TEXT_MAX {
            return Err(invalid(format!("they are {bytes} bytes, and may be {TEXT_MAX} at most")));
        }
        Ok(self)
    }
}

fn invalid(why: impl AsRef<str>) -> InvalidProbes {
    let printable = |c: char| if c.is_control() { ' ' } else { c };
    InvalidProbes { why: why.as_ref().chars().take(WHY_MAX).map(printable).collect() }
}

fn repeated(probes: &[Probe]) -> Option<&str> {
    let mut names = BTreeSet::new();
    probes.iter().map(|probe| probe.name.as_str()).find(|name| !names.insert(*name))
}

fn probe(value: &Value) -> Result<Probe, String> {
    if !value.is_object() {
        return Err("it is no object".to_owned());
    }
    let Wire { name, database, sql, timeout_seconds } =
        Wire::deserialize(value).map_err(|error| error.to_string())?;
    let within = |len: usize, max: usize| (1..=max).contains(&len);
    if !within(name.chars().count(), NAME_MAX) || name.chars().any(char::is_control) {
        return Err(format!("name is not 1 to {NAME_MAX} characters without control characters"));
    }
    if database.as_ref().is_some_and(|of| !within(of.len(), DATABASE_MAX) || of.contains('\0')) {
        return Err(format!("database is not 1 to {DATABASE_MAX} bytes"));
    }
    if sql.trim().is_empty() || sql.len() > SQL_MAX || sql.contains('\0') {
        return Err(format!("sql is not a statement of 1 to {SQL_MAX} bytes"));
    }
    let timeout_seconds = timeout_seconds.unwrap_or(TIMEOUT_DEFAULT_SECS);
    if !(1..=TIMEOUTS_MAX_SECS).contains(&timeout_seconds) {
        return Err(format!("timeout_seconds is not 1 to {TIMEOUTS_MAX_SECS}"));
    }
    Ok(Probe { name, database, sql, timeout_seconds })
}

impl From<Probes> for Value {
    fn from(probes: Probes) -> Self {
        probes.as_slice().iter().map(|probe| serde_json::to_value(probe).unwrap_or_default()).collect()
    }
}

impl TryFrom<Value> for Probes {
    type Error = InvalidProbes;
    fn try_from(value: Value) -> Result<Self, InvalidProbes> {
        Self::read(&value)
    }
}

/// JSON in one line.
impl fmt::Display for Probes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Value::from(self.clone()).fmt(f)
    }
}

impl FromStr for Probes {
    type Err = InvalidProbes;
    fn from_str(text: &str) -> Result<Self, InvalidProbes> {
        let value: Value = serde_json::from_str(text).map_err(|error| invalid(error.to_string()))?;
        Self::read(&value)
    }
}

#[cfg(test)]
mod tests;
