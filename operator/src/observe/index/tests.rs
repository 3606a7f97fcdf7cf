mod feed;
mod gate;
mod picture;
mod support;
