//! Steps taken on an API server that is as strict as the real one.

mod late;
mod stable;
mod stage;
