//! stub-canopy
