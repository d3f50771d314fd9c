"""What services log: lines understood, and chosen by time, level, payment and text. Pure."""
