//! The page.

fn main() {
    driftscope::web::start();
}
