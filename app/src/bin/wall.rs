//! The module that a wall loads: the wall and nothing else. No table of pages is reachable from here, so that the
//! forty pages of the office cost a wall nothing.

fn main() {
    app::wall::take_over();
}
