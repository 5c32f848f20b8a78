//! The module of what is worked on: cases, ratings, accidents, messages.

fn main() {
    app::take_over(app::routes::desk);
}
