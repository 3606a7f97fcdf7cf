mod namespaces;
mod objects;
mod postgres;
mod restore;
mod sizing;
