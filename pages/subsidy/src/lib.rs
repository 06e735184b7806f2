//! Benefits, pre-claim check, assessment
