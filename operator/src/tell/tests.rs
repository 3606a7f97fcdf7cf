mod doc;
mod events;
mod logs;
mod numbers;
mod shown;
mod watched;
