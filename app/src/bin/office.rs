//! The module of cylinders and whatever is told of them.

fn main() {
    app::take_over(app::routes::office);
}
