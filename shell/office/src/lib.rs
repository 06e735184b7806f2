//! The one State, the command path, due and react
