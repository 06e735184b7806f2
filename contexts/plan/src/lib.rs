//! The action plan: text, anchors, units, goals, tasks, indicators, forecast
