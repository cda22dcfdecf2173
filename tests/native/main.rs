//! The native tests, one module a subject.
