//! The module of every page but the wall.

fn main() {
    app::take_over();
}
